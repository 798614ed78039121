{% if definition %}
# The primary result of the report, computed again from the exported table: the tests with base R alone{{ ",\n# the mixed model with " ~ package if package }}.
#   Rscript reproduce.R [trials.csv]
{% else %}
# The primary result of the report, tested again with base R from the values of participants that lie beside the report.
# How the measure {{ measure }} makes them of trials or answers is not written again here.
#   Rscript reproduce.R [table-participants.csv]
{% endif %}
# Dataset {{ dataset_digest }}
# Plan {{ plan_digest }}

{% if definition %}
given <- commandArgs(trailingOnly = TRUE)
d <- read.csv(if (length(given)) given[1] else "trials.csv", colClasses = "character", na.strings = character(0),
              check.names = FALSE, encoding = "UTF-8")
column <- function(name) if (name %in% names(d)) d[[name]] else rep("", nrow(d))

# Trials that count: answered, no practice, no attention check, of a decision protocol, of the right people.
keep <- d$condition != "" & column("is_practice") != "true" & column("is_attention_check") != "true"
if ("status" %in% names(d)) keep <- keep & d$status == "answered"
if ("protocol" %in% names(d)) keep <- keep & d$protocol %in% c({{ protocols|map("quoted")|join(", ") }})
{% if simulated %}
keep <- keep & column("is_simulated") == "true"
{% else %}
keep <- keep & column("is_simulated") != "true"
{% endif %}
{% if left_out %}
# Whom the plan leaves out: {{ left_out|length }}.
left_out <- c(
{% for some in left_out|batch(8) %}
  {{ some|map("quoted")|join(", ") }}{{ "," if not loop.last }}
{% endfor %}
)
keep <- keep & !(d$participant_id %in% left_out)
{% endif %}
d <- d[keep, ]
{% if measure == "rt_ms" %}
hidden <- suppressWarnings(as.numeric(column("hidden_ms")))
seen <- suppressWarnings(as.numeric(d$rt_ms)) - ifelse(is.na(hidden), 0, hidden)
{% endif %}
event <- {{ definition[1] }}
d$event <- as.numeric(event)
d <- d[{{ definition[0] }}, ]

# One value for each participant{{ " (mean of the logarithm)" if measure == "rt_ms" }}: the participant is the unit.
people <- aggregate(event ~ participant_id + condition, data = d, FUN = mean)
{% else %}
given <- commandArgs(trailingOnly = TRUE)
people <- read.csv(if (length(given)) given[1] else "table-participants.csv", check.names = FALSE, encoding = "UTF-8",
                   colClasses = c(participant_id = "character", condition = "character"))
people$event <- people$value  # on the scale on which conditions are compared
people <- people[!is.na(people$event), ]
{% endif %}

expected <- list(
{% for one in contrasts %}
  list(treatment = {{ one.treatment|quoted }}, control = {{ one.control|quoted }}, paired = {{ "TRUE" if one.paired else "FALSE" }}, value = {{ one.value }}, p = {{ one.p }}){{ "," if not loop.last }}
{% endfor %}
)
for (one in expected) {
  treated <- people[people$condition == one$treatment, ]
  control <- people[people$condition == one$control, ]
  if (one$paired) {  # who met both is compared with themselves
    both <- merge(treated, control, by = "participant_id")
    found <- t.test(both$event.x, both$event.y, paired = TRUE, alternative = {{ alternative|quoted }})
    value <- mean(both$event.x - both$event.y)
  } else {
    found <- t.test(treated$event, control$event, alternative = {{ alternative|quoted }})
    value <- unname(found$estimate[1] - found$estimate[2])
  }
  cat(sprintf("%s - %s: difference %.10g (report %.10g), p %.10g (report %.10g)\n",
              one$treatment, one$control, value, one$value, found$p.value, one$p))
  stopifnot(abs(value - one$value) < 1e-9, abs(found$p.value - one$p) < 1e-9)
}
{% if package %}

# Every trial a row, participants and cases both random. Other programs stop at other last digits: log-likelihood within
# 0.01, estimate within {{ "0.002" if package == "glmmTMB" else "0.0001" }}, standard error within 1 %.
again <- function(formula, treatment, control, rows) {
  rows$condition <- relevel(factor(rows$condition), ref = control)
{% if package == "glmmTMB" %}
  fit <- glmmTMB::glmmTMB(formula, data = rows, family = binomial())
  found <- summary(fit)$coefficients$cond[paste0("condition", treatment), ]
{% else %}
  fit <- lmerTest::lmer(formula, data = rows, REML = TRUE)
  found <- summary(fit)$coefficients[paste0("condition", treatment), ]
{% endif %}
  list(value = found[["Estimate"]], std_error = found[["Std. Error"]], log_likelihood = as.numeric(logLik(fit)))
}
models <- list(
{% for one in models %}
  list(treatment = {{ one.treatment|quoted }}, control = {{ one.control|quoted }}, formula = {{ one.model.formula }},
       only = {{ "TRUE" if one.paired else "FALSE" }}, value = {{ one.model.value }}, std_error = {{ one.model.std_error }}, log_likelihood = {{ one.model.log_likelihood }}){{ "," if not loop.last }}
{% endfor %}
)
if (requireNamespace({{ package|quoted }}, quietly = TRUE)) {
  for (one in models) {
    rows <- if (one$only) d[d$condition %in% c(one$treatment, one$control), ] else d
    found <- again(one$formula, one$treatment, one$control, rows)
    cat(sprintf("%s - %s, mixed model: estimate %.6g (report %.6g), standard error %.6g (report %.6g), log-likelihood %.8g (report %.8g)\n",
                one$treatment, one$control, found$value, one$value, found$std_error, one$std_error,
                found$log_likelihood, one$log_likelihood))
    stopifnot(abs(found$value - one$value) < {{ "0.002" if package == "glmmTMB" else "0.0001" }},
              abs(found$std_error / one$std_error - 1) < 0.01,
              abs(found$log_likelihood - one$log_likelihood) < 0.01)
  }
} else {
  cat("The package {{ package }} is not installed: the mixed model was not fitted again.\n")
}
{% endif %}
cat("The report and this script agree.\n")
