# Cumulative logit fits of the simulated tables beside this file: Rscript fit.R   (writes expected.json)
suppressMessages({library(ordinal); library(jsonlite)})
one <- function(table, nodes) {
  d <- read.csv(paste0(table, ".csv")); d$answer <- factor(d$answer, ordered = TRUE); d$person <- factor(d$person)
  if (nodes == 0) m <- clm(answer ~ condition + load, data = d)
  else m <- clmm(answer ~ condition + load + (1 | person), data = d, nAGQ = nodes, Hess = TRUE, control = clmm.control(gradTol = 1e-8, innerCtrl = "noWarn"))
  co <- coef(summary(m)); k <- length(m$alpha)
  list(table = table, nodes = nodes, thresholds = unname(co[1:k, 1]), threshold_errors = unname(co[1:k, 2]), estimate = unname(co[-(1:k), 1]),
       std_error = unname(co[-(1:k), 2]), p_value = unname(co[-(1:k), 4]), log_likelihood = as.numeric(logLik(m)),
       sd = if (nodes == 0) NULL else unname(as.numeric(attr(VarCorr(m)[[1]], "stddev"))))
}
versions <- list(R = R.version.string, ordinal = as.character(packageVersion("ordinal")))
fits <- list(one("single", 0), one("uneven", 0), one("repeated", 1), one("repeated", 7), one("repeated", 15), one("uneven", 1), one("uneven", 15))
write(toJSON(list(versions = versions, fits = fits), digits = 12, auto_unbox = TRUE, pretty = TRUE), "expected.json")
d <- data.frame(arm = rep(c("a", "b"), each = 6), trust = factor(c(1, 1, 2, 2, 3, 3, 1, 2, 3, 3, 4, 4), ordered = TRUE))
print(coef(clm(trust ~ arm, data = d)), digits = 6)
