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
data$half <- ifelse(seq_len(nrow(data)) %% 2 == 1, "odd", "even")
gaps <- data
gaps$del2[seq(1, nrow(gaps), 7)] <- NA
gaps$qua2[seq(1, nrow(gaps), 5)] <- NA
# means: with meanstructure = TRUE; written: the same model, one intercept written out (see departures.toml)
fits <- list(
  chain = sam(models$chain, data = data),
  restricted = sam(models$restricted, data = data),
  residuals = sam(models$residuals, data = data),
  observed = sam(models$observed, data = data),
  means = sam(models$chain, data = data, meanstructure = TRUE),
  written = sam(models$means, data = data),
  gaps = sam(models$chain, data = gaps, missing = "ml"),
  groups = sam(models$chain, data = data, group = "half")
)
out <- NULL
for (name in names(fits)) {
  rows <- parameterEstimates(fits[[name]], remove.nonfree = TRUE)
  rows <- rows[!(name %in% c("means", "written", "gaps", "groups") & rows$op == "~1"), ]
  rows$group <- if (name == "groups") c("odd", "even")[rows$group] else ""
  out <- rbind(out, cbind(model = name, rows[, c("lhs", "op", "rhs", "group", "est", "se")]))
}
out$est <- formatC(out$est, digits = 12, format = "g")
out$se <- formatC(out$se, digits = 12, format = "g")
write.csv(out, "tests/reference/sam.csv", row.names = FALSE, quote = FALSE)
