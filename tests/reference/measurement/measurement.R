# Reliability and heterotrait-monotrait ratios by semTools, psych and lavaan: Rscript measurement.R, from this folder.
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
second <- paste(chain, "view =~ exp + qua + val")
correlated <- paste(chain, "exp1 ~~ exp2")
crossed <- "visual =~ x1 + x2 + x3 + x9; verbal =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"
general <- "
g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9
s1 =~ x1 + x2 + x3
s2 =~ x4 + x5 + x6
"
grouped <- "visual =~ x1 + x2 + x3; verbal =~ x4 + x5 + x6; speed =~ x7 + x8 + x9"
data <- lapply(c(chain = "chain", groups = "groups", missing = "missing"), function(name) {
  read.csv(file.path("..", "data", paste0(name, ".csv")))
})

long <- function(case, group, table, rows = rownames(table)) {
  do.call(rbind, lapply(rows, function(what) {
    data.frame(case = case, group = group, construct = colnames(table), what = what, value = as.numeric(table[what, ]))
  }))
}
quiet <- function(x) suppressWarnings(suppressMessages(x))
coefficients <- function(case, fit) {
  table <- quiet(reliability(fit))
  groups <- if (is.list(table) && !is.data.frame(table)) table else list(table)
  labels <- if (length(groups) > 1) lavInspect(fit, "group.label") else ""
  do.call(rbind, Map(function(g, label) long(case, label, as.matrix(g)), groups, labels))
}

rows <- list(
  coefficients("chain", cfa(chain, data$chain)),
  coefficients("chain robust", cfa(chain, data$chain, estimator = "MLR")),
  coefficients("correlated", cfa(correlated, data$chain)),
  coefficients("crossed", cfa(crossed, data$groups)),
  coefficients("groups", cfa(grouped, data$groups, group = "region")),
  coefficients("fiml", cfa(grouped, data$missing, missing = "fiml")),
  coefficients("general", cfa(general, data$groups, orthogonal = TRUE, std.lv = TRUE))
)
higher <- cfa(second, data$chain)
l2 <- reliabilityL2(higher, "view")
rows <- c(rows, list(data.frame(case = "second", group = "", construct = "view", what = names(l2), value = as.numeric(l2))))
ave <- AVE(cfa(chain, data$chain), obs.var = FALSE)
rows <- c(rows, list(data.frame(case = "chain", group = "", construct = names(ave), what = "AVE", value = as.numeric(ave))))

# limits: Feldt for alpha (psych), delta method for omega and AVE (lavaan's :=)
items <- data$chain[c("sat1", "sat2", "sat3")]
feldt <- psych::alpha.ci(quiet(psych::alpha(items))$total$raw_alpha, nrow(items), 3)
rows <- c(rows, list(data.frame(case = "chain", group = "", construct = "sat",
  what = c("alpha_psych", "alpha_ci_lower", "alpha_ci_upper"), value = c(feldt$alpha, feldt$lower.ci, feldt$upper.ci))))
defined <- paste0(sub("sat =~ sat1 \\+ sat2 \\+ sat3", "sat =~ l1*sat1 + l2*sat2 + l3*sat3", chain), "
sat ~~ 1*sat
sat1 ~~ t1*sat1; sat2 ~~ t2*sat2; sat3 ~~ t3*sat3
omega := (l1 + l2 + l3)^2 / ((l1 + l2 + l3)^2 + t1 + t2 + t3)
ave := (l1^2 + l2^2 + l3^2) / (l1^2 + l2^2 + l3^2 + t1 + t2 + t3)
ave_std := (l1^2 / (l1^2 + t1) + l2^2 / (l2^2 + t2) + l3^2 / (l3^2 + t3)) / 3
omega_std := (l1 / sqrt(l1^2 + t1) + l2 / sqrt(l2^2 + t2) + l3 / sqrt(l3^2 + t3))^2 /
  ((l1 / sqrt(l1^2 + t1) + l2 / sqrt(l2^2 + t2) + l3 / sqrt(l3^2 + t3))^2 + t1 / (l1^2 + t1) + t2 / (l2^2 + t2) + t3 / (l3^2 + t3))
")
delta <- function(case, estimator) {
  fit <- cfa(defined, data$chain, std.lv = TRUE, estimator = estimator)
  table <- subset(parameterEstimates(fit), op == ":=")
  do.call(rbind, lapply(c("est", "ci.lower", "ci.upper"), function(what) {
    data.frame(case = case, group = "", construct = "sat", what = paste(table$lhs, what), value = table[[what]])
  }))
}
rows <- c(rows, list(delta("chain", "ML"), delta("chain robust", "MLR")))
write.csv(do.call(rbind, rows), "reliability.csv", row.names = FALSE, quote = FALSE)

ratios <- function(case, model, data, htmt2, ...) {
  table <- unclass(htmt(model, data, htmt2 = htmt2, ...))
  pairs <- which(upper.tri(table), arr.ind = TRUE)
  data.frame(case = case, kind = if (htmt2) "htmt2" else "htmt", a = colnames(table)[pairs[, 1]],
             b = colnames(table)[pairs[, 2]], value = table[pairs])
}
found <- do.call(rbind, lapply(c(FALSE, TRUE), function(htmt2) rbind(
  ratios("chain", chain, data$chain, htmt2),
  ratios("groups", grouped, data$groups, htmt2),
  ratios("fiml", grouped, data$missing, htmt2, missing = "ml")
)))
write.csv(found, "htmt.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, sapply(c("lavaan", "semTools", "psych"), function(p) paste(p, packageVersion(p)))), "versions.txt")

# exploratory factors: maximum likelihood with oblimin rotation, and observed eigenvalues
items <- data$chain[1:9]
factors <- psych::fa(items, 3, fm = "ml", rotate = "oblimin")
loadings <- unclass(factors$loadings)
write.csv(data.frame(item = rep(rownames(loadings), 3), factor = rep(colnames(loadings), each = 9), loading = as.numeric(loadings),
                     communality = rep(factors$communality, 3)), "factors.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(eigenvalue = eigen(cor(items))$values), "eigenvalues.csv", row.names = FALSE, quote = FALSE)

# ordered items: five categories of two constructs, three of one, cut at fixed quantiles
ordered_at <- function(x, at) as.integer(cut(x, c(-Inf, quantile(x, at), Inf)))
codes <- as.data.frame(c(lapply(data$chain[1:6], ordered_at, c(0.1, 0.3, 0.5, 0.8)), lapply(data$chain[10:12], ordered_at, c(0.4, 0.85))))
write.csv(codes, "ordered.csv", row.names = FALSE)
categorical <- cfa("exp =~ exp1 + exp2 + exp3; qua =~ qua1 + qua2 + qua3; sat =~ sat1 + sat2 + sat3", codes, ordered = TRUE)
write.csv(rbind(coefficients("ordered", categorical), {
  wide <- cfa("exp =~ exp1 + exp2 + exp3; qua =~ qua1 + qua2 + qua3; sat =~ sat1 + sat2 + sat3; exp1 ~~ exp2", codes, ordered = TRUE)
  coefficients("ordered correlated", wide)
}), "ordered_reliability.csv", row.names = FALSE, quote = FALSE)
write.csv(rbind(ratios("ordered", "exp =~ exp1 + exp2 + exp3; qua =~ qua1 + qua2 + qua3; sat =~ sat1 + sat2 + sat3", codes, FALSE, ordered = names(codes)),
  ratios("ordered", "exp =~ exp1 + exp2 + exp3; qua =~ qua1 + qua2 + qua3; sat =~ sat1 + sat2 + sat3", codes, TRUE, ordered = names(codes))),
  "ordered_htmt.csv", row.names = FALSE, quote = FALSE)
