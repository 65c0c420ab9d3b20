# Reference values for the bootstrap: lavaan's standard errors, percentile limits and Bollen-Stine p.
# The sample is synthetic: tests/sem_samples.py, chain_sample(), nine items rounded to three decimals.
# Usage: Rscript bootstrap.R <folder>   reads sample.csv and model.txt there, writes bootstrap.csv and versions.txt
suppressMessages(library(lavaan))
folder <- commandArgs(trailingOnly = TRUE)[1]
replicates <- 2000
answers <- read.csv(file.path(folder, "sample.csv"))
fit <- sem(paste(readLines(file.path(folder, "model.txt")), collapse = "\n"), data = answers)
rows <- parameterEstimates(fit, se = FALSE)
every <- function(fit) as.numeric(coef(fit, type = "user"))
set.seed(1)
drawn <- bootstrapLavaan(fit, R = replicates, type = "ordinary", FUN = every)
drawn <- drawn[complete.cases(drawn), , drop = FALSE]
set.seed(1)
tests <- bootstrapLavaan(fit, R = replicates, type = "bollen.stine", FUN = function(f) fitMeasures(f, "chisq"))
tests <- tests[is.finite(tests)]
chisq <- fitMeasures(fit, "chisq")
rows <- data.frame(name = paste(rows$lhs, rows$op, rows$rhs), est = every(fit), se = apply(drawn, 2, sd),
                   ci_lower = apply(drawn, 2, quantile, .025), ci_upper = apply(drawn, 2, quantile, .975))
rows <- rbind(rows, data.frame(name = "bollen_stine_p", est = mean(tests > chisq), se = NA, ci_lower = NA, ci_upper = NA))
write.csv(rows, file.path(folder, "bootstrap.csv"), row.names = FALSE)
writeLines(c(R.version.string, paste("lavaan", packageVersion("lavaan")), paste("replicates", replicates)),
           file.path(folder, "versions.txt"))
