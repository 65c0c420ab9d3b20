# Every combination of estimator, information, se, test and missing, by lavaan: Rscript combinations.R, from this folder.
# combinations.csv holds the number of a row of outcomes.csv for each test, or "refused"; ten minutes.
suppressMessages(library(lavaan))
data <- read.csv("answers.csv")
model <- "f =~ x1 + x2 + x3\n g =~ x4 + x5 + x6\n g ~ f"
shown <- c("f=~x2", "g~f", "x1~~x1", "f~~f")  # parameters of se1 to se4
tests <- c("default", "standard", "satorra.bentler", "mean.var.adjusted", "scaled.shifted", "yuan.bentler",
           "yuan.bentler.mplus", "none")
plans <- expand.grid(
  se = c("default", "standard", "robust.sem", "robust.huber.white", "none"),
  information = c("default", "expected", "observed", "first.order"),
  estimator = c("ML", "MLM", "MLMV", "MLMVS", "MLR", "MLF", "GLS", "ULS", "WLS", "DWLS", "WLSM", "WLSMV", "WLSMVS",
                "ULSM", "ULSMV", "ULSMVS"),
  missing = c("listwise", "pairwise", "fiml"), stringsAsFactors = FALSE
)[4:1]
told <- function(x) if (is.null(x) || is.na(x)) "" else formatC(x, digits = 7, format = "g", width = 1)
outcome <- function(plan, test) {
  options <- c(list(model = model, data = data, test = test), plan)
  if (options$information == "default") options$information <- NULL
  fit <- tryCatch(suppressWarnings(do.call("sem", options)), error = function(e) NULL)
  if (is.null(fit)) return("refused")
  last <- fit@test[[length(fit@test)]]
  table <- parTable(fit)
  se <- table$se[match(shown, paste0(table$lhs, table$op, table$rhs))]
  paste(c(told(last$stat), told(last$df), sapply(if (is.null(se)) rep(NA, 4) else se, told)), collapse = ",")
}
found <- sapply(tests, function(test) sapply(seq_len(nrow(plans)), function(k) outcome(as.list(plans[k, ]), test)))
kinds <- setdiff(unique(as.vector(t(found))), "refused")
numbers <- ifelse(found == "refused", "refused", match(found, kinds))
write.csv(cbind(plans, numbers), "combinations.csv", row.names = FALSE, quote = FALSE)
versions <- paste("R", getRversion(), "lavaan", packageVersion("lavaan"))
writeLines(c("outcome,chisq,df,se1,se2,se3,se4,versions", paste(seq_along(kinds), kinds, versions, sep = ",")), "outcomes.csv")
