# Model-implied instrumental variables by AER's ivreg: every equation of two chains, by the instruments that the model
# implies (written out by hand below). Writes instruments.csv beside this script.
# Rscript tests/reference/instruments.R, in the root of the repository
# se: with n in place of n - k, as covariances are taken; sargan: n R^2 of the residual on the instruments. se_robust:
# HC0 of the sandwich package; hansen: the test by generalized methods of moments in two steps, in base R.
library(AER)
data <- read.csv("tests/reference/data/chain.csv")
# chain: quality =~ qua1 + qua2 + qua3; joy =~ del1 + del2 + del3; loyal =~ loy1 + loy2 + loy3; joy ~ quality;
#   loyal ~ joy + quality. Scaled by the first item of each, whose errors join that of the equation.
# restricted: the same, loyal ~ joy alone, so that quality's items are instruments of joy.
# residuals: the chain with del2 ~~ loy1, which takes del2 from the instruments of loyal.
equations <- list(
  list(model = "chain", source = "quality", target = "joy", y = "del1", x = "qua1", z = c("qua2", "qua3")),
  list(model = "chain", source = "joy", target = "loyal", y = "loy1", x = c("del1", "qua1"),
    z = c("qua2", "qua3", "del2", "del3")),
  list(model = "chain", source = "quality", target = "loyal", y = "loy1", x = c("qua1", "del1"),
    z = c("qua2", "qua3", "del2", "del3")),
  list(model = "restricted", source = "joy", target = "loyal", y = "loy1", x = "del1",
    z = c("qua1", "qua2", "qua3", "del2", "del3")),
  list(model = "residuals", source = "joy", target = "loyal", y = "loy1", x = c("del1", "qua1"),
    z = c("qua2", "qua3", "del3"))
)
hansen <- function(Z, u_of, X, y) {
  u <- u_of(y, X, Z)
  W <- crossprod(Z * u) / nrow(Z)
  A <- crossprod(Z, X) / nrow(Z)
  a <- crossprod(Z, y) / nrow(Z)
  b <- solve(t(A) %*% solve(W, A), t(A) %*% solve(W, a))
  m <- a - A %*% b
  drop(nrow(Z) * t(m) %*% solve(W, m))
}
out <- NULL
for (one in equations) {
  text <- paste(one$y, "~", paste(one$x, collapse = " + "), "|", paste(one$z, collapse = " + "))
  fit <- ivreg(as.formula(text), data = data)
  n <- nrow(data)
  k <- length(coef(fit))
  test <- summary(fit, diagnostics = TRUE)$diagnostics["Sargan", ]
  middle <- function(names) scale(as.matrix(data[names]), scale = FALSE)
  J <- hansen(middle(one$z), function(y, X, Z) drop(residuals(fit)), middle(one$x), middle(one$y))
  row <- c(est = coef(fit)[[one$x[1]]], se = sqrt(vcov(fit)[one$x[1], one$x[1]] * (n - k) / n),
    sargan = test[["statistic"]], pvalue = test[["p-value"]],
    se_robust = sqrt(vcovHC(fit, type = "HC0")[one$x[1], one$x[1]]), hansen = J)
  out <- rbind(out, data.frame(model = one$model, source = one$source, target = one$target, df = test[["df1"]],
    instruments = paste(one$z, collapse = " "), t(trimws(formatC(row, digits = 12, format = "g")))))
}
write.csv(out, "tests/reference/instruments.csv", row.names = FALSE, quote = FALSE)
