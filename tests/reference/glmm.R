# Reference fits of generalised linear mixed models on simulated trials. Needs R with glmmTMB, lme4, jsonlite.
# From the top of the repository:
#   python -m tests.reference.glmm_data DATA && Rscript tests/reference/glmm.R DATA tests/reference/glmm.json
# glmmTMB: Laplace, automatic differentiation. lme4 only where glmmTMB's Hessian is not positive definite (singular fits).
suppressMessages({library(glmmTMB); library(lme4); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
models <- fromJSON(file.path(folder, "models.json"))
families <- list(binomial = function(link) binomial(link), poisson = function(link) poisson(link),
                 negative_binomial = function(link) nbinom2(link))
spread <- function(v) lapply(v, function(b) list(sd = unname(attr(b, "stddev")),
                                                 corr = unname(attr(b, "correlation")[lower.tri(attr(b, "correlation"))])))
control <- glmmTMBControl(optCtrl = list(iter.max = 1e4, eval.max = 1e4, rel.tol = 1e-14))
fits <- list()
for (i in seq_len(nrow(models))) {
  m <- models[i, ]
  d <- read.csv(file.path(folder, paste0(m$name, ".csv")))
  t0 <- proc.time()[["elapsed"]]
  fit <- suppressWarnings(glmmTMB(as.formula(m$formula), data = d, family = families[[m$family]](m$link), control = control))
  took <- proc.time()[["elapsed"]] - t0
  found <- coef(summary(fit))$cond
  out <- list(n = nobs(fit), checksum = sum(d$y * (seq_along(d$y) %% 97)), formula = m$formula, log_likelihood = -fit$fit$objective,
              coef = unname(found[, 1]), se = unname(found[, 2]), random = spread(VarCorr(fit)$cond),
              phi = if (m$family == "negative_binomial") sigma(fit) else NULL, hessian_ok = fit$sdr$pdHess, seconds = took)
  if (!isTRUE(fit$sdr$pdHess) && m$family == "binomial") {
    alt <- suppressWarnings(glmer(as.formula(m$formula), data = d, family = binomial(m$link),
      control = glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e6, rhoend = 1e-8), tolPwrss = 1e-13)))
    found <- coef(summary(alt))
    out$lme4 <- list(log_likelihood = as.numeric(logLik(alt)), coef = unname(found[, 1]), se = unname(found[, 2]),
                     random = spread(VarCorr(alt)), singular = isSingular(alt))
  }
  fits[[m$name]] <- out
  cat(m$name, out$n, out$log_likelihood, out$hessian_ok, took, "\n")
}
versions <- list(R = as.character(getRversion()), glmmTMB = as.character(packageVersion("glmmTMB")),
                 TMB = as.character(packageVersion("TMB")), lme4 = as.character(packageVersion("lme4")))
write(toJSON(list(versions = versions, fits = fits), auto_unbox = TRUE, digits = 10, pretty = TRUE, null = "null", na = "null"), commandArgs(TRUE)[2])
