# Fit of each level with options, from partially saturated models of lavaan: Rscript level_fit_options.R, in its own
# folder, writes level_fit_options.csv. Tests of the model of one level, and of its variables unrelated, the other level
# written out as free: plain and scaled (MLR), of two groups, and of rows with missing answers (FIML). Every seventh row
# lacks y2, every eleventh y3. MLR with FIML stops lavaan 0.6-14 with an error. Plain chi-squares are differences of
# log-likelihoods: its own of several groups count the first group alone.
suppressPackageStartupMessages(library(lavaan))
pairs <- function(v) unlist(lapply(seq_along(v), function(i) paste(v[i], "~~", v[i:length(v)])))
alone <- function(v) paste(v, "~~", v)
y <- paste0("y", 1:4)
model <- list(c("fw =~ y1 + y2 + y3 + y4"), c("fb =~ y1 + y2 + y3 + y4"))
free <- list(pairs(y), pairs(y)); none <- list(alone(y), alone(y))
text <- function(within, between, groups) {
  own <- paste(c("level: 1", within, "level: 2", between), collapse = "\n")
  if (is.null(groups)) own else paste(paste0("group: ", groups, "\n", own), collapse = "\n")
}
data <- read.csv("uneven.csv")
gaps <- data; row <- seq_len(nrow(gaps)); gaps$y2[row %% 7 == 0] <- NA; gaps$y3[row %% 11 == 0] <- NA
cases <- list(
  mlr = list(data = data, estimator = "MLR"),
  groups = list(data = data, group = "region"),
  fiml = list(data = gaps, missing = "ml")
)
run <- function(name) {
  case <- cases[[name]]
  groups <- if (is.null(case$group)) NULL else unique(case$data[[case$group]])
  fit <- function(a, b) {
    args <- list(model = text(a, b, groups), data = case$data, cluster = "branch", baseline = FALSE, fixed.x = FALSE, check.vcov = FALSE,
                 estimator = if (is.null(case$estimator)) "ML" else case$estimator,
                 missing = if (is.null(case$missing)) "listwise" else case$missing,
                 em.h1.iter.max = 20000, em.h1.tol = 1e-10)
    if (!is.null(groups)) args$group <- case$group
    suppressWarnings(do.call("sem", args))
  }
  scaled <- identical(case$estimator, "MLR")
  whole <- if (scaled) NULL else logLik(fit(free[[1]], free[[2]]))
  chisq <- function(f) if (scaled) last(f)$stat else 2 * as.numeric(whole - logLik(f))
  last <- function(f) f@test[[length(f@test)]]
  do.call(rbind, lapply(1:2, function(level) {
    own <- function(part) if (level == 1) fit(part[[1]], free[[2]]) else fit(free[[1]], part[[2]])
    hypothesis <- own(model); null <- own(none)
    data.frame(case = name, level = level, chisq = chisq(hypothesis), df = last(hypothesis)$df,
               null_chisq = chisq(null), null_df = last(null)$df,
               srmr = unname(fitMeasures(hypothesis, c("srmr_within", "srmr_between")[level])))
  }))
}
rows <- do.call(rbind, lapply(names(cases), function(name) { cat(name, "\n"); run(name) }))
for (column in c("chisq", "null_chisq", "srmr")) rows[[column]] <- signif(rows[[column]], 10)
rows$lavaan <- as.character(packageVersion("lavaan"))
write.csv(rows, "level_fit_options.csv", row.names = FALSE, quote = FALSE)
