# Standard errors and tests of estimators by information, from lavaan: Rscript information.R (see test_sem_first_order.py)
suppressMessages(library(lavaan))
model <- "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6\nf2 ~ f1"
equal <- "f1 =~ x1 + a*x2 + a*x3\nf2 =~ x4 + x5 + x6\nf2 ~ f1"
plans <- list(
  list("skewed", model, estimator = "MLM", information = "observed"),
  list("skewed", model, estimator = "MLMV", information = "observed"),
  list("skewed", model, estimator = "MLMVS", information = "observed"),
  list("skewed", model, estimator = "ML", information = "observed", se = "robust.sem"),
  list("skewed", model, estimator = "MLF"),
  list("skewed", equal, estimator = "MLF", meanstructure = TRUE),
  list("groups", model, estimator = "MLF", group = "channel", group.equal = "loadings"),
  list("missing", model, estimator = "MLF", missing = "fiml")
)
rows <- do.call(rbind, lapply(seq_along(plans), function(k) {
  plan <- plans[[k]]
  data <- read.csv(file.path("data", paste0(plan[[1]], ".csv")))
  fit <- suppressWarnings(do.call("sem", c(list(model = plan[[2]], data = data), plan[-(1:2)])))
  table <- parTable(fit)
  table <- table[table$free > 0, ]
  test <- fit@test[[length(fit@test)]]
  data.frame(plan = k, lhs = table$lhs, op = table$op, rhs = table$rhs, group = table$group, se = signif(table$se, 9),
             chisq = signif(test$stat, 9))
}))
rows$versions <- paste("R", getRversion(), "lavaan", packageVersion("lavaan"))
write.csv(rows, "information.csv", row.names = FALSE)
