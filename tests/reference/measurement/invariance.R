# Invariance over groups and waves by lavaan and semTools: Rscript invariance.R, from this folder.
suppressMessages({library(lavaan); library(semTools)})
options(digits = 15)

grouped <- "visual =~ x1 + x2 + x3; verbal =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"
chain <- paste0(c("exp", "qua", "val"), " =~ ", c("exp1 + exp2 + exp3", "qua1 + qua2 + qua3", "val1 + val2 + val3"), collapse = "\n")
groups <- read.csv(file.path("..", "data", "groups.csv"))
half <- transform(read.csv(file.path("..", "data", "chain.csv")), half = rep(c("one", "two"), each = 200))
missing <- read.csv(file.path("..", "data", "missing.csv"))
missing <- missing[rowSums(!is.na(missing[paste0("x", 1:9)])) > 0, ]

steps <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
              strict = c("loadings", "intercepts", "residuals"))

# models as measEq.syntax writes them
panel_names <- list(joy = c("joy1", "joy2"))
group_fits <- function(model, data, group, ...) {
  lapply(steps, function(equal) {
    text <- measEq.syntax(configural.model = model, data = data, group = group, group.equal = equal,
                          ID.fac = "std.lv", warn = FALSE, ...)
    cfa(as.character(text), data = data, group = group, ...)
  })
}
rows_of <- function(case, fits, robust = FALSE) {
  measures <- c("chisq", "df", "cfi", "rmsea", "srmr", if (robust) c("chisq.scaled", "cfi.robust", "rmsea.robust"))
  tests <- suppressWarnings(do.call(lavTestLRT, unname(fits)))
  do.call(rbind, lapply(seq_along(fits), function(k) {
    found <- fitMeasures(fits[[k]], measures)
    found <- c(found, chisq_diff = tests[["Chisq diff"]][k], df_diff = tests[["Df diff"]][k], pvalue = tests[["Pr(>Chisq)"]][k])
    data.frame(case = case, step = names(fits)[k], what = gsub(".", "_", names(found), fixed = TRUE), value = as.numeric(found))
  }))
}

ml <- group_fits(grouped, groups, "region")
mlr <- group_fits(grouped, groups, "region", estimator = "MLR")
fiml <- group_fits(grouped, missing, "brand", missing = "fiml")

# dimensions of a higher construct: its means are 0 in all groups
second <- paste(chain, "view =~ exp + qua + val", "view ~ 0*1", sep = "\n")
higher <- lapply(steps, function(equal) cfa(second, half, group = "half", group.equal = equal, meanstructure = TRUE))

# two waves side by side
set.seed(11)
n <- 400
first <- rnorm(n)
later <- 0.3 + 0.7 * first + 0.7 * rnorm(n)
own <- matrix(0.4 * rnorm(n * 4), n)
panel <- data.frame(first + own + matrix(0.5 * rnorm(n * 4), n), later + own + matrix(0.5 * rnorm(n * 4), n))
names(panel) <- paste0(rep(letters[1:4], 2), rep(c("_1", "_2"), each = 4))
panel <- round(panel, 4)
write.csv(panel, "panel.csv", row.names = FALSE)
long <- "joy1 =~ a_1 + b_1 + c_1 + d_1; joy2 =~ a_2 + b_2 + c_2 + d_2"
waves <- lapply(steps, function(equal) {
  text <- measEq.syntax(configural.model = long, data = panel, ID.fac = "std.lv", long.equal = equal, auto = "all",
                        longFacNames = panel_names, longIndNames = setNames(
                          lapply(letters[1:4], function(x) paste0(x, c("_1", "_2"))), letters[1:4]), warn = FALSE)
  cfa(as.character(text), data = panel)
})
rows <- rbind(rows_of("groups", ml), rows_of("robust", mlr, TRUE), rows_of("fiml", fiml), rows_of("second", higher),
              rows_of("waves", waves))
write.csv(rows, "invariance.csv", row.names = FALSE, quote = FALSE)

# mean of the second group in pooled standard deviations, as a defined parameter
regions <- unique(groups$region)
effect <- paste0(grouped, "\nvisual ~~ c(1, NA, NA)*visual + c(v1, v2, v3)*visual\nvisual ~ c(0, NA, NA)*1 + c(m1, m2, m3)*1\n",
  "d := m2 / sqrt((", sum(groups$region == regions[1]), " + ", sum(groups$region == regions[2]), "*v2) / ",
  sum(groups$region %in% regions[1:2]), ")\ndifference := m2 - 0")
fit <- cfa(effect, groups, group = "region", std.lv = TRUE, group.equal = steps$scalar)
table <- subset(parameterEstimates(fit), op == ":=")
write.csv(data.frame(group = regions[2], what = table$lhs, est = table$est, se = table$se, ci_lower = table$ci.lower,
                     ci_upper = table$ci.upper), "latent_means.csv", row.names = FALSE, quote = FALSE)

# score tests of one loading (or intercept) in all groups: the equalities of its rows released together
score <- function(step, fit, op) {
  table <- parTable(fit)
  labels <- lavInspect(fit, "group.label")
  rows <- subset(table, op == "==")
  owner <- table[match(rows$rhs, table$plabel), ]
  do.call(rbind, lapply(unique(paste(owner$lhs, owner$op, owner$rhs)[owner$op == op]), function(name) {
    which <- which(paste(owner$lhs, owner$op, owner$rhs) == name)
    test <- lavTestScore(fit, release = which)$test
    data.frame(step = step, formula = trimws(name), chisq = test$X2, df = test$df)
  }))
}
plain <- lapply(steps, function(equal) cfa(grouped, groups, group = "region", std.lv = TRUE, group.equal = equal))
write.csv(rbind(score("metric", plain$metric, "=~"), score("scalar", plain$scalar, "~1")), "score.csv", row.names = FALSE, quote = FALSE)

# ordered items: four categories cut at fixed quantiles; the scalar step holds thresholds equal
codes <- as.data.frame(lapply(groups[paste0("x", 1:9)], function(x) as.integer(cut(x, c(-Inf, quantile(x, c(0.2, 0.5, 0.8)), Inf)))))
codes$region <- groups$region
write.csv(codes, "ordered_groups.csv", row.names = FALSE)
kinds <- list(configural = "", metric = "loadings", scalar = c("loadings", "thresholds"), strict = c("loadings", "thresholds", "residuals"))
categorical <- lapply(kinds, function(equal) cfa(grouped, codes, ordered = TRUE, group = "region", std.lv = TRUE,
                                                parameterization = "theta", group.equal = equal))
measures <- c("chisq", "df", "chisq.scaled", "cfi.scaled", "rmsea.scaled", "srmr")
against <- c(1, 1, 1, 3) # the scalar step is nested in the configural one only
tests <- lapply(2:4, function(k) suppressWarnings(lavTestLRT(categorical[[against[k]]], categorical[[k]])))
write.csv(do.call(rbind, lapply(seq_along(kinds), function(k) {
  found <- c(fitMeasures(categorical[[k]], measures), if (k > 1) c(chisq_diff = tests[[k - 1]][["Chisq diff"]][2], df_diff = tests[[k - 1]][["Df diff"]][2]))
  data.frame(case = "ordered", step = names(kinds)[k], what = gsub(".", "_", names(found), fixed = TRUE), value = as.numeric(found))
})), "ordered_invariance.csv", row.names = FALSE, quote = FALSE)
