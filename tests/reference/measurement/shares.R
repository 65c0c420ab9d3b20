# Standard errors of R-squared and of heterotrait-monotrait ratios by lavaan's delta method.
# R-squared: a defined parameter of the chain's estimates. Ratios: a defined parameter of the saturated model, whose
# covariances and their errors (normal, robust, with gaps) lavaan estimates. Run from the repository's root.
suppressPackageStartupMessages(library(lavaan))
folder <- "tests/reference"
read <- function(name) read.csv(file.path(folder, "data", paste0(name, ".csv")))

one <- function(fit, what, name) {
  rows <- parameterEstimates(fit)
  row <- rows[rows$op == ":=" & rows$lhs == name, ]
  data.frame(what = what, name = name, est = row$est, se = row$se)
}

chain <- "sat =~ sat1 + l2*sat2 + sat3\nloy =~ loy1 + k2*loy2 + loy3\nloy ~ b*sat\nsat ~~ v*sat\nloy ~~ r*loy
sat2 ~~ e*sat2\nR2.loy := b^2*v / (b^2*v + r)\nR2.sat2 := l2^2*v / (l2^2*v + e)"

saturated <- function(items) {
  pairs <- t(combn(items, 2))
  free <- paste0(pairs[, 1], " ~~ s.", pairs[, 1], ".", pairs[, 2], "*", pairs[, 2], collapse = "\n")
  paste0(free, "\n", paste0(items, " ~~ s.", items, ".", items, "*", items, collapse = "\n"))
}
r <- function(a, b) {
  ends <- sort(c(a, b))
  sprintf("(s.%s.%s / sqrt(s.%s.%s * s.%s.%s))", ends[1], ends[2], a, a, b, b)
}
within <- function(x) paste0("((", paste(apply(t(combn(x, 2)), 1, function(p) r(p[1], p[2])), collapse = " + "), ")/",
                             choose(length(x), 2), ")")
ratio <- function(x, y) {
  between <- paste(outer(x, y, Vectorize(r)), collapse = " + ")
  sprintf("HTMT := ((%s)/%d) / sqrt(%s * %s)", between, length(x) * length(y), within(x), within(y))
}
first <- c("x1", "x2", "x3"); second <- c("x4", "x5", "x6")
both <- c(first, second)
model <- paste0(saturated(both), "\n", ratio(first, second))

out <- rbind(
  one(sem(chain, read("chain")), "ML", "R2.loy"),
  one(sem(chain, read("chain")), "ML", "R2.sat2"),
  one(sem(chain, read("chain"), estimator = "MLR"), "MLR", "R2.loy"),
  one(sem(chain, read("chain"), estimator = "MLR"), "MLR", "R2.sat2"),
  one(lavaan(model, read("groups")), "ML", "HTMT"),
  one(lavaan(model, read("groups"), estimator = "MLR"), "MLR", "HTMT"),
  one(lavaan(model, read("missing"), missing = "fiml", int.ov.free = TRUE, meanstructure = TRUE), "fiml", "HTMT"),
  one(lavaan(model, read("missing"), missing = "fiml", estimator = "MLR", int.ov.free = TRUE, meanstructure = TRUE),
      "fiml MLR", "HTMT")
)
out$est <- sprintf("%.12f", out$est); out$se <- sprintf("%.12f", out$se)
write.csv(out, file.path(folder, "measurement", "shares.csv"), row.names = FALSE, quote = FALSE)
