# Cluster-robust errors on the simulated tables of ../lmm: Rscript fit.R   (writes expected.json)
suppressMessages({library(clubSandwich); library(sandwich); library(jsonlite)})
one <- function(table, formula, by) {
  d <- read.csv(file.path("..", "lmm", paste0(table, ".csv")), stringsAsFactors = TRUE)
  m <- lm(formula, d)
  t <- coef_test(m, vcov = "CR2", cluster = d[[by]], test = "Satterthwaite")
  list(table = table, formula = deparse(formula), by = by, estimate = t$beta, std_error = t$SE, df = t$df_Satt, p_value = t$p_Satt)
}
two <- function(table, formula) {
  d <- read.csv(file.path("..", "lmm", paste0(table, ".csv")), stringsAsFactors = TRUE)
  m <- lm(formula, d)
  v <- vcovCL(m, cluster = d[, c("person", "case")], type = "HC1", cadjust = TRUE, fix = TRUE)
  list(table = table, formula = deparse(formula), estimate = unname(coef(m)), vcov = unname(v))
}
versions <- list(R = R.version.string, clubSandwich = as.character(packageVersion("clubSandwich")), sandwich = as.character(packageVersion("sandwich")))
out <- list(versions = versions,
  one = list(one("between", y ~ condition, "person"), one("unbalanced", y ~ condition + trial, "person"), one("three", y ~ condition, "case"),
             one("offset", y ~ condition * trial, "person")),
  two = list(two("unbalanced", y ~ condition + trial), two("three", y ~ condition)))
write(toJSON(out, digits = 12, auto_unbox = TRUE, pretty = TRUE), "expected.json")
