# lavaan's side of multiverse.py: fits the texts of a folder and writes CPU seconds, estimate and error of the
# standardized total effect of each.
suppressPackageStartupMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
data <- read.csv(file.path(folder, "data.csv"))
estimators <- read.csv(file.path(folder, "estimators.csv"))$estimator
out <- NULL
for (i in seq_along(estimators)) {
  text <- paste(readLines(file.path(folder, paste0(i - 1, ".txt"))), collapse = "\n")
  start <- proc.time()
  rows <- standardizedSolution(sem(text, data, estimator = estimators[i]))
  spent <- proc.time() - start
  row <- rows[rows$label == "total", ]
  out <- rbind(out, data.frame(seconds = sum(spent[1:2]), est = row$est.std, se = row$se))
}
write.csv(out, file.path(folder, "found.csv"), row.names = FALSE)
