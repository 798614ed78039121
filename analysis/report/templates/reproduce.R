# The primary result of the report, computed again from the exported table with base R alone.
#   Rscript reproduce.R [trials.csv]
# Dataset {{ dataset_digest }}
# Plan {{ plan_digest }}

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
cat("The report and this script agree.\n")
