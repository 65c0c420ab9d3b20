# lavaan's side of branches.py: fits the model to the first branches of a file, one after the other.
suppressPackageStartupMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
data <- read.csv(file.path(folder, "answers.csv"))
model <- paste(readLines(file.path(folder, "model.txt")), collapse = "\n")
start <- proc.time()
estimates <- sapply(split(data, data$branch), function(rows) {
  found <- parameterEstimates(sem(model, rows))
  found$est[found$lhs == "loyalty" & found$rhs == "delight"]
})
spent <- proc.time() - start
write.csv(data.frame(branch = names(estimates), est = estimates), file.path(folder, "found.csv"), row.names = FALSE)
cat(as.character(packageVersion("lavaan")), sum(spent[1:2]), "\n")
