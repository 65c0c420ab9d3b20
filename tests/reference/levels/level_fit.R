# Partially saturated models by lavaan (Ryu & West 2009): Rscript level_fit.R, in its own folder, writes level_fit.csv.
# Log-likelihoods of the model of one level, and of its variables unrelated, each with the other level written out as
# free, and of both levels free; degrees of freedom, and SRMR of the level. Chi-squares are differences of these.
suppressPackageStartupMessages(library(lavaan))
pairs <- function(v) unlist(lapply(seq_along(v), function(i) paste(v[i], "~~", v[i:length(v)])))
alone <- function(v) paste(v, "~~", v)
y <- paste0("y", 1:6)
one <- function(f) paste(f, "=~", paste(y, collapse = " + "))
cases <- list(
  one_factor = list(data = "uneven", within = y, between = y, model = c(one("fw"), one("fb"))),
  two_factors = list(data = "uneven", within = y, between = y,
    model = c("fw =~ y1 + y2 + y3\ngw =~ y4 + y5 + y6\ngw ~ fw", "fb =~ y1 + y2 + y3\ngb =~ y4 + y5 + y6\ngb ~ fb")),
  of_clusters = list(data = "uneven", within = y[1:4], between = c(y[1:4], "k", "w"),
    model = c("fw =~ y1 + y2 + y3 + y4", "fb =~ y1 + y2 + y3 + y4 + k\nw ~~ w\nfb ~~ w")),
  few = list(data = "few", within = y[1:4], between = y[1:4],
    model = c("fw =~ y1 + 1*y2 + 1*y3 + 1*y4", "fb =~ y1 + 1*y2 + 1*y3 + 1*y4"))
)
text <- function(within, between) paste(c("level: 1", within, "level: 2", between), collapse = "\n")
run <- function(name) {
  case <- cases[[name]]; data <- read.csv(paste0(case$data, ".csv"))
  free <- list(pairs(case$within), pairs(case$between)); none <- list(alone(case$within), alone(case$between))
  fit <- function(a, b) suppressWarnings(sem(text(a, b), data, cluster = "branch", se = "none", baseline = FALSE, fixed.x = FALSE))
  whole <- fit(free[[1]], free[[2]])
  do.call(rbind, lapply(1:2, function(level) {
    own <- function(part) if (level == 1) fit(part[[1]], free[[2]]) else fit(free[[1]], part[[2]])
    model <- own(as.list(case$model)); null <- own(none)
    data.frame(case = name, data = case$data, level = level, logl = as.numeric(logLik(model)), df = model@test[[1]]$df,
               null_logl = as.numeric(logLik(null)), null_df = null@test[[1]]$df, free_logl = as.numeric(logLik(whole)),
               srmr = unname(fitMeasures(model, c("srmr_within", "srmr_between")[level])))
  }))
}
rows <- do.call(rbind, lapply(names(cases), run))
for (column in c("logl", "null_logl", "free_logl", "srmr")) rows[[column]] <- signif(rows[[column]], 12)
rows$lavaan <- as.character(packageVersion("lavaan"))
write.csv(rows, "level_fit.csv", row.names = FALSE, quote = FALSE)
