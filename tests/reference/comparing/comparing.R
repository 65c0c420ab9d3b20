# Chi-square differences whose scaling correction of 2001 is negative: Rscript comparing.R, from this folder.
# lavaan gives none for observed information, so its pieces are put together here: c = (tr(A1^-1 B1) - tr(A0^-1 B0)) / df.
suppressMessages(library(lavaan))
options(digits = 15)

data <- read.csv("heavy_tails.csv")
two <- "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
smaller <- list(equal = "f =~ x1 + 1*x2 + x3\ng =~ x4 + x5 + x6", one = "f =~ x1 + x2 + x3 + x4 + x5 + x6")
fitted <- function(model, ...) sem(model, data, ...)
test_of <- function(name, method, ...) {
  suppressWarnings(lavTestLRT(fitted(two, ...), fitted(smaller[[name]], ...), method = method))[["Chisq diff"]][2]
}
trace_of <- function(fit) sum(diag(solve(lavInspect(fit, "information.observed"), lavInspect(fit, "information.first.order"))))
df_of <- function(fit) fitMeasures(fit, "df")[[1]]
by_hand <- function(name) {
  larger <- fitted(two, estimator = "MLR")
  restricted <- fitted(smaller[[name]], estimator = "MLR")
  there <- lavaan:::lav_test_diff_m10(larger, restricted, test = TRUE) # the larger model where it implies the smaller one
  stopifnot(abs(fitMeasures(there, "chisq") - fitMeasures(restricted, "chisq")) < 1e-6)
  scaling <- fitMeasures(larger, "chisq.scaling.factor")[[1]]
  h1 <- scaling * df_of(larger) + trace_of(larger)
  correction <- ((h1 - trace_of(restricted)) - (h1 - trace_of(there))) / (df_of(restricted) - df_of(larger))
  (fitMeasures(restricted, "chisq") - fitMeasures(larger, "chisq"))[[1]] / correction
}
rows <- rbind(
  data.frame(smaller = "equal", estimator = "MLM", information = "expected",
             chisq_diff = test_of("equal", "satorra.bentler.2010", estimator = "MLM")),
  data.frame(smaller = "equal", estimator = "MLR", information = "expected",
             chisq_diff = test_of("equal", "satorra.bentler.2010", estimator = "MLR", information = "expected")),
  data.frame(smaller = "equal", estimator = "MLR", information = "observed", chisq_diff = by_hand("equal"))
)
print(test_of("equal", "satorra.bentler.2001", estimator = "MLR"))
write.csv(rows, "comparing.csv", row.names = FALSE, quote = FALSE)
