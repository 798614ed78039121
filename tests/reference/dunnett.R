# Reference numbers for Dunnett's many-to-one comparison, from multcomp::glht with mvtnorm's GenzBretz.
# Run: Rscript dunnett.R > dunnett.json
suppressMessages({library(multcomp); library(jsonlite)})
set.seed(1)
groups <- list(control = c(0.61, 0.55, 0.72, 0.48, 0.66, 0.59, 0.63),
               a = c(0.71, 0.68, 0.80, 0.59, 0.77),
               b = c(0.64, 0.70, 0.52, 0.69, 0.75, 0.60, 0.66, 0.73),
               c = c(0.50, 0.81, 0.47, 0.62, 0.58, 0.69))
data <- data.frame(y = unlist(groups), g = factor(rep(names(groups), lengths(groups)), levels = names(groups)))
one <- function(alternative) {
  fit <- glht(aov(y ~ g, data), linfct = mcp(g = "Dunnett"), alternative = alternative)
  s <- summary(fit, test = adjusted("single-step", abseps = 1e-6, maxpts = 1e6))$test
  list(t = unname(s$tstat), p = unname(as.numeric(s$pvalues)))
}
cat(toJSON(list(groups = groups, two_sided = one("two.sided"), greater = one("greater"), less = one("less"),
                versions = list(R = R.version.string, multcomp = as.character(packageVersion("multcomp")),
                                mvtnorm = as.character(packageVersion("mvtnorm")))),
           auto_unbox = TRUE, digits = 10, pretty = TRUE))
