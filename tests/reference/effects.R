# Reference values for effects: lavaan's := definitions, raw and standardized, with their standard errors.
# The answers are synthetic: data/synthetic/service_excellence_demo.csv. Usage: Rscript effects.R, from this folder;
# writes effects/<model>.csv beside effects/<model>.txt, and effects/versions.txt.
# Ordered items stand as lavaan left them; val1 and val2 together stay out: its polychoric correlation of the two stops .008
# short of the maximum of their likelihood (scipy and we find the same).
suppressMessages(library(lavaan))
source("polish.R")
answers <- read.csv("../../data/synthetic/service_excellence_demo.csv")
asked <- list(routes = list(), routes_fiml = list(estimator = "MLR", missing = "fiml"), second_order = list(std.lv = TRUE),
              groups = list(group = "brand"), loop = list(), covariate = list(),
              ordered = list(ordered = TRUE), ordered_theta = list(ordered = TRUE, parameterization = "theta"))
for (name in names(asked)) {
  text <- paste(readLines(file.path("effects", paste0(sub("_fiml|_theta", "", name), ".txt"))), collapse = "\n")
  options <- c(list(text, data = answers), asked[[name]])
  first <- do.call("sem", options)
  fit <- if (grepl("ordered", name)) first else polish(first, function(start) {
    none <- list(start = start, optim.method = "none", check.start = FALSE, fixed.x = lavInspect(first, "options")$fixed.x)
    again <- suppressWarnings(do.call("sem", c(options, none)))
    again@Options <- first@Options
    again
  })$fit
  raw <- subset(parameterEstimates(fit), op == ":=")
  std <- subset(standardizedSolution(fit), op == ":=")
  rows <- data.frame(name = raw$lhs, est = raw$est, se = raw$se, ci_lower = raw$ci.lower, ci_upper = raw$ci.upper,
                     std_all = std$est.std, std_all_ci_lower = std$ci.lower, std_all_ci_upper = std$ci.upper)
  write.csv(format(rows, digits = 12), file.path("effects", paste0(name, ".csv")), row.names = FALSE)
}
writeLines(c(R.version.string, paste("lavaan", packageVersion("lavaan"))), "effects/versions.txt")
