# One-factor maximum-likelihood loadings and McDonald's omega of four small sets of items, and Cronbach's alpha.
# Makes factor_one.json; read by tests/analysis/test_measures_scales.py. Base R only.
# Items are made by R, rounded to whole points of 1 to 7, and written out with the results.
library(jsonlite)
set.seed(20260511)

omega_alpha <- function(x) {
  fit <- factanal(x, factors = 1, control = list(opt = list(factr = 1e2, maxit = 5000)))
  spread <- apply(x, 2, sd)
  loadings <- as.numeric(fit$loadings[, 1])
  if (sum(loadings) < 0) loadings <- -loadings
  common <- sum(loadings * spread)^2
  k <- ncol(x)
  list(
    items = unname(x),
    loadings = loadings,
    omega = common / (common + sum(fit$uniquenesses * spread^2)),
    alpha = k / (k - 1) * (1 - sum(apply(x, 2, var)) / var(rowSums(x)))
  )
}

make <- function(n, loads) {
  common <- rnorm(n)
  x <- sapply(loads, function(l) 4 + 1.4 * (l * common + sqrt(1 - l^2) * rnorm(n)))
  pmin(pmax(round(x), 1), 7)
}

sets <- list(
  three_items = make(60, c(.8, .7, .6)),
  unequal = make(120, c(.9, .75, .5, .3, .6)),
  twelve = make(90, rep(c(.8, .6, .4), 4)),
  one_reversed_by_mistake = make(100, c(.8, .7, -.6, .7))
)
out <- lapply(sets, omega_alpha)
out$versions <- list(r = R.version.string)
write_json(out, "factor_one.json", digits = NA, auto_unbox = TRUE)
