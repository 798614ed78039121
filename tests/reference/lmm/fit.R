# Fits of the simulated tables beside this file: Rscript fit.R   (writes expected.json)
# The optimiser is told to go on: lme4's default stops where the fourth digit of the degrees of freedom still moves.
suppressMessages({library(lme4); library(lmerTest); library(jsonlite)})
ctl <- lmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e6, rhobeg = 0.05, rhoend = 1e-11), check.conv.singular = "ignore",
                   check.conv.grad = "ignore", check.conv.hess = "ignore")
fits <- list(
  between           = list("between", y ~ condition + (1 | person) + (1 | case)),
  between_ml        = list("between", y ~ condition + (1 | person) + (1 | case), reml = FALSE),
  within            = list("within", y ~ condition + (1 + condition | person) + (1 | case)),
  within_both       = list("within", y ~ condition + (1 + condition | person) + (1 + condition | case)),
  unbalanced        = list("unbalanced", y ~ condition + trial + (1 + condition | person) + (1 | case)),
  unbalanced_ml     = list("unbalanced", y ~ condition + trial + (1 + condition | person) + (1 | case), reml = FALSE),
  three             = list("three", y ~ condition + (1 | person) + (1 | case) + (1 | person:condition), joint = 2:3),
  three_slopes      = list("three", y ~ condition + (1 + condition | person) + (1 | case), joint = 2:3),
  uncorrelated      = list("offset", y ~ condition * trial + (1 | person) + (0 + trial | person) + (1 | case), joint = c(2, 4)),
  correlated        = list("offset", y ~ condition + trial + (1 + trial | person) + (1 | case)),
  one_grouping      = list("between", y ~ condition + (1 | person)),
  no_case_variance  = list("no_case_variance", y ~ condition + (1 | person) + (1 | case)),
  no_slope_variance = list("no_slope_variance", y ~ condition + (1 + condition | person) + (1 | case)),
  sites             = list("sites", y ~ condition + (1 | person) + (1 | case) + (1 | site))
)
out <- lapply(fits, function(f) {
  d <- read.csv(paste0(f[[1]], ".csv"), stringsAsFactors = TRUE)
  m <- suppressWarnings(lmerTest::lmer(f[[2]], data = d, REML = !identical(f$reml, FALSE), control = ctl))
  co <- coef(summary(m)); v <- as.data.frame(VarCorr(m))
  found <- list(table = f[[1]], formula = paste(deparse(f[[2]], width.cutoff = 300), collapse = ""), reml = !identical(f$reml, FALSE),
    estimate = unname(co[, "Estimate"]), std_error = unname(co[, "Std. Error"]), df = unname(co[, "df"]),
    p_value = unname(co[, "Pr(>|t|)"]), log_likelihood = as.numeric(logLik(m)), sigma = sigma(m), singular = isSingular(m), theta = unname(getME(m, "theta")),
    sds = lapply(split(v[is.na(v$var2), ], v$grp[is.na(v$var2)]), function(x) x$sdcor), modes = lapply(ranef(m), function(x) unname(x[["(Intercept)"]])))
  if (!is.null(f$joint)) {
    L <- diag(length(fixef(m)))[f$joint, , drop = FALSE]; t <- contestMD(m, L)
    found$joint <- list(terms = f$joint - 1, f = t[["F value"]], df = t[["DenDF"]], p = t[["Pr(>F)"]])
  }
  found
})
versions <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")), lmerTest = as.character(packageVersion("lmerTest")),
                 numDeriv = as.character(packageVersion("numDeriv")))
write(toJSON(list(versions = versions, fits = out), digits = 12, auto_unbox = TRUE, pretty = TRUE), "expected.json")
