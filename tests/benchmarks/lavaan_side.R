# lavaan's side of speed.py and level_speed.py: reads "verb name argument" from standard input, answers with CPU seconds and a number.
suppressPackageStartupMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
cat(as.character(getRversion()), as.character(packageVersion("lavaan")), basename(La_library()), "\n")

read_case <- function(name) {
  list(
    model = paste(readLines(file.path(folder, paste0(name, ".txt"))), collapse = "\n"),
    data = read.csv(file.path(folder, paste0(name, ".csv")))
  )
}

whole <- function(case, ...) {
  fit <- sem(case$model, case$data, ...)
  parameterEstimates(fit, standardized = TRUE)
  unname(fitMeasures(fit)["chisq"])
}

verbs <- list(
  fit = function(case, argument) {
    for (i in seq_len(argument)) chisq <- whole(case)
    chisq
  },
  alone = function(case, argument) whole(case),
  fiml = function(case, argument) whole(case, missing = "fiml"),
  ordinal = function(case, argument) whole(case, ordered = TRUE),
  levels = function(case, argument) whole(case, cluster = "branch"),
  doubted = function(case, argument) whole(case),
  given = function(case, argument) whole(case, ordered = grep("^x", names(case$data), value = TRUE)),
  power = function(case, argument) { # the model text holds the population values; the data's columns are not used
    for (i in seq_len(argument)) {
      sample <- simulateData(paste(readLines(file.path(folder, "population.txt")), collapse = "\n"), sample.nobs = nrow(case$data))
      parameterEstimates(sem(case$model, sample), standardized = TRUE)
    }
    NaN
  }
)

input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  asked <- strsplit(line, " ")[[1]]
  case <- read_case(asked[2])
  argument <- as.integer(asked[3])
  again <- asked[1] %in% c("bootstrap", "gapped")
  fitted <- if (again) sem(case$model, case$data, missing = if (asked[1] == "gapped") "fiml" else "listwise")
  invisible(gc())
  start <- proc.time()
  number <- if (again) {
    bootstrapLavaan(fitted, R = argument, FUN = "coef")
    NaN
  } else verbs[[asked[1]]](case, argument)
  spent <- proc.time() - start
  cat(sprintf("%.6f %.8f\n", sum(spent[1:2]), number))
}
