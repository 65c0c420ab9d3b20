# Invariance of models whose own text identifies or restricts their constructs: Rscript identification.R, from this folder.
suppressMessages(library(lavaan))
options(digits = 15)

cases <- read.csv("identification.csv", colClasses = c("character", "logical", "character"))
numbers <- read.csv(file.path("..", "data", "groups.csv"))
codes <- read.csv("ordered_groups.csv")
steps <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
              strict = c("loadings", "intercepts", "residuals"))
kinds <- c(steps[1:2], list(scalar = c("loadings", "thresholds"), strict = c("loadings", "thresholds", "residuals")))

fitted <- function(case, step) {
  ordered <- case$ordered
  fit <- suppressWarnings(sem(case$model, if (ordered) codes else numbers, group = "region", meanstructure = TRUE,
    group.equal = (if (ordered) kinds else steps)[[step]], auto.fix.first = TRUE,
    ordered = if (ordered) TRUE else NULL, parameterization = if (ordered) "theta" else "default"))
  if (!lavInspect(fit, "converged")) stop(case$case, " ", step, " did not converge", call. = FALSE)
  found <- fitMeasures(fit, c("chisq", "df", "cfi", "rmsea", "srmr", if (ordered) "chisq.scaled"))
  table <- subset(parameterEstimates(fit), lhs == "visual" & op == "~1" & group == 2)
  found <- c(found, visual_mean = table$est, visual_se = table$se)
  data.frame(case = case$case, step = step, what = gsub(".", "_", names(found), fixed = TRUE), value = as.numeric(found))
}
rows <- lapply(split(cases, seq_len(nrow(cases))), function(case) do.call(rbind, lapply(names(steps), function(s) fitted(case, s))))
write.csv(do.call(rbind, rows), "identification_values.csv", row.names = FALSE, quote = FALSE)
