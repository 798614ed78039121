# Reference boundaries of Lan-DeMets alpha spending: the joint normal distribution of the looks is integrated by
# mvtnorm (Miwa's algorithm with 128 steps, right to about 1e-6), which shares nothing with the recursion of the product.
# Run: Rscript spending.R > spending.json
suppressMessages({library(mvtnorm); library(jsonlite)})
obf <- function(t, alpha) 2 - 2 * pnorm(qnorm(1 - alpha / 2) / sqrt(t))
pocock <- function(t, alpha) alpha * log(1 + (exp(1) - 1) * t)
bounds <- function(t, spend, alpha, sided) {
  a <- alpha / sided
  spent <- spend(t, a)
  z <- numeric(0)
  for (k in seq_along(t)) {
    corr <- outer(t[1:k], t[1:k], function(x, y) sqrt(pmin(x, y) / pmax(x, y)))
    outside <- function(c) {
      upper <- c(z, c)
      lower <- if (sided == 2) -upper else rep(-Inf, k)
      inside <- if (k == 1) pnorm(upper) - pnorm(lower) else
        pmvnorm(lower, upper, corr = corr, algorithm = Miwa(steps = 128))[1]
      (1 - inside) / sided - spent[k]
    }
    z <- c(z, uniroot(outside, c(1.5, 6), tol = 1e-7)$root)
  }
  z
}
grid <- list(list(t = (1:4) / 4, alpha = 0.05, sided = 2), list(t = c(0.5, 1), alpha = 0.05, sided = 2),
             list(t = c(0.2, 0.55, 0.9, 1), alpha = 0.05, sided = 2), list(t = (1:3) / 3, alpha = 0.025, sided = 1),
             list(t = c(0.3, 0.7, 1), alpha = 0.01, sided = 2))
rows <- lapply(grid, function(g) c(g, list(obrien_fleming = bounds(g$t, obf, g$alpha, g$sided),
                                           pocock = bounds(g$t, pocock, g$alpha, g$sided))))
cat(toJSON(list(rows = rows, versions = list(R = R.version.string, mvtnorm = as.character(packageVersion("mvtnorm")))),
           auto_unbox = TRUE, digits = 10, pretty = TRUE))
