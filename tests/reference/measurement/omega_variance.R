# Omega over the observed and the implied variance of the sum, by semTools: Rscript omega_variance.R, from this folder.
suppressMessages({library(lavaan); library(semTools)})
options(digits = 15)
chain <- "
exp =~ exp1 + exp2 + exp3
qua =~ qua1 + qua2 + qua3
val =~ val1 + val2 + val3
sat =~ sat1 + sat2 + sat3
del =~ del1 + del2 + del3
loy =~ loy1 + loy2 + loy3
"
grouped <- "visual =~ x1 + x2 + x3; verbal =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"
crossed <- sub("x2 \\+ x3", "x2 + x3 + x9", grouped)
data <- lapply(c(chain = "chain", groups = "groups", missing = "missing"), function(name) {
  read.csv(file.path("..", "data", paste0(name, ".csv")))
})
fits <- suppressWarnings(list(
  "chain" = cfa(chain, data$chain),
  "chain robust" = cfa(chain, data$chain, estimator = "MLR"),
  "correlated" = cfa(paste(chain, "exp1 ~~ exp2"), data$chain),
  "crossed" = cfa(crossed, data$groups),
  "groups" = cfa(grouped, data$groups, group = "region"),
  "fiml" = cfa(grouped, data$missing, missing = "fiml")
))
rows <- list()
for (case in names(fits)) for (observed in c(TRUE, FALSE)) {
  fit <- fits[[case]]
  table <- suppressWarnings(suppressMessages(compRelSEM(fit, obs.var = observed)))
  if (!is.data.frame(table)) table <- as.data.frame(as.list(table))
  names <- setdiff(colnames(table), "group")
  labels <- if (lavInspect(fit, "ngroups") > 1) lavInspect(fit, "group.label") else ""
  for (name in names) rows[[length(rows) + 1]] <- data.frame(
    case = case, variance = if (observed) "observed" else "implied", group = labels, construct = name, omega = table[[name]]
  )
}
frame <- do.call(rbind, rows)
frame$versions <- paste("R", getRversion(), "lavaan", packageVersion("lavaan"), "semTools", packageVersion("semTools"))
write.csv(frame, "omega_variance.csv", row.names = FALSE, quote = FALSE)
