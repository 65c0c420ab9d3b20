# One standardized total effect under several specifications, each a fit of its own. Writes multiverse.csv beside this
# script. Rscript tests/reference/multiverse.R, in the root of the repository
library(lavaan)
data <- read.csv("tests/reference/data/chain.csv")
gaps <- data
gaps$qua2[seq(1, nrow(data), 7)] <- NA
gaps$del3[seq(3, nrow(data), 9)] <- NA
items <- list(quality = c("qua1", "qua2", "qua3"), joy = c("del1", "del2", "del3"), loyal = c("loy1", "loy2", "loy3"))
left_out <- list("", "qua1", c("del2", "qua2"), c("del1", "loy3", "qua3"))
out <- NULL
for (gone in left_out) for (estimator in c("ML", "MLR", "MLM")) for (missing in c("listwise", "fiml")) {
  if (estimator == "MLM" && missing == "fiml") next
  kept <- lapply(items, setdiff, gone)
  text <- paste(c(paste(names(kept), "=~", sapply(kept, paste, collapse = " + ")),
    "joy ~ a*quality", "loyal ~ b*joy + c*quality", "total := c + a*b"), collapse = "\n")
  fit <- sem(text, gaps, estimator = estimator, missing = missing)
  rows <- standardizedSolution(fit)
  row <- rows[rows$lhs == "total", ]
  out <- rbind(out, data.frame(estimator, missing, left_out = paste(gone, collapse = " "), n = lavInspect(fit, "nobs"),
    est = formatC(row$est.std, digits = 12, format = "g"), se = formatC(row$se, digits = 12, format = "g")))
}
write.csv(out, "tests/reference/multiverse.csv", row.names = FALSE, quote = FALSE)
