# alpha, omega and AVE within and between the branches of items.csv, by semTools: Rscript reliability.R
suppressMessages({library(lavaan); library(semTools)})
fit <- sem("level: 1\n f =~ x1 + x2 + x3\nlevel: 2\n g =~ x1 + x2 + x3", read.csv("items.csv"), cluster = "branch")
found <- suppressWarnings(reliability(fit))
rows <- data.frame(
  construct = c("f", "g"), level = 1:2,
  t(cbind(found[[1]], found[[2]])[c("alpha", "omega", "avevar"), ])
)
rows[3:5] <- lapply(rows[3:5], function(x) sprintf("%.8f", x))
write.csv(rows, "reliability.csv", row.names = FALSE, quote = FALSE)
