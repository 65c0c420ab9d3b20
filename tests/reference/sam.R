# Structural after measurement: lavaan's sam(), local method, two-step errors. Writes sam.csv beside this script.
# Rscript tests/reference/sam.R, in the root of the repository
library(lavaan)
items <- "quality =~ qua1 + qua2 + qua3; joy =~ del1 + del2 + del3; loyal =~ loy1 + loy2 + loy3;"
models <- list(
  chain = paste(items, "joy ~ quality; loyal ~ joy + quality"),
  restricted = paste(items, "joy ~ quality; loyal ~ joy"),
  residuals = "quality =~ qua1 + qua2 + qua3 + val1 + val2; val1 ~~ val2; joy =~ del1 + del2 + del3; joy ~ quality",
  observed = paste(items, "joy ~ quality; loyal ~ joy + sat1; sat2 ~ loyal"),
  means = paste(items, "joy ~ quality; loyal ~ joy + quality; qua1 ~ 1")
)
data <- read.csv("tests/reference/data/chain.csv")
out <- NULL
for (name in names(models)) {
  rows <- parameterEstimates(sam(models[[name]], data = data), remove.nonfree = TRUE)
  out <- rbind(out, cbind(model = name, rows[, c("lhs", "op", "rhs", "est", "se")]))
}
out$est <- formatC(out$est, digits = 12, format = "g")
out$se <- formatC(out$se, digits = 12, format = "g")
write.csv(out, "tests/reference/sam.csv", row.names = FALSE, quote = FALSE)
