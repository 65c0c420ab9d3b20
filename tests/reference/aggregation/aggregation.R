# ICC(1), ICC(2), F, r_wg, r_wg(j), a_wg, average deviation of answers.csv: Rscript aggregation.R
# Analysis of variance by aov(); agreement from the formulas of the papers,
# written out cluster by cluster.
d <- read.csv("answers.csv")
d$branch <- factor(d$branch)
rows <- list()
put <- function(variable, measure, value) {
  rows[[length(rows) + 1]] <<- data.frame(variable = variable, measure = measure, value = sprintf("%.10g", value))
}
of_variance <- function(variable, x) {
  kept <- !is.na(x)
  g <- droplevels(d$branch[kept])
  x <- x[kept]
  table <- summary(aov(x ~ g))[[1]]
  msb <- table[1, "Mean Sq"]
  msw <- table[2, "Mean Sq"]
  sizes <- as.numeric(table(g))
  k <- (sum(sizes) - sum(sizes^2) / sum(sizes)) / (length(sizes) - 1)
  put(variable, "f", table[1, "F value"])
  put(variable, "pvalue", table[1, "Pr(>F)"])
  put(variable, "icc1", (msb - msw) / (msb + (k - 1) * msw))
  put(variable, "icc2", (msb - msw) / msb)
  put(variable, "error_variance", mean(msw / sizes))
}
spreads <- function(x) lapply(split(x, d$branch), function(v) v[!is.na(v)])
several <- function(f) function(v) if (length(v) > 1) f(v) else NA
own <- several(function(v) {
  k <- length(v)
  m <- mean(v)
  if (m == 1 || m == 5) return(1)
  if (m < ((k - 1) + 5) / k || m > (5 * (k - 1) + 1) / k) return(NA)
  1 - 2 * var(v) / ((6 * m - m^2 - 5) * k / (k - 1))
})
deviation <- several(function(v) mean(abs(v - mean(v))))
items <- c("x1", "x2", "x3")
vars <- sapply(items, function(i) sapply(spreads(d[[i]]), several(var)))
owns <- sapply(items, function(i) sapply(spreads(d[[i]]), own))
ads <- sapply(items, function(i) sapply(spreads(d[[i]]), deviation))
for (i in items) {
  of_variance(i, d[[i]])
  put(i, "r_wg", mean(pmax(1 - vars[, i] / 2, 0), na.rm = TRUE))
  put(i, "r_wg_skewed", mean(pmax(1 - vars[, i] / 1.34, 0), na.rm = TRUE))
  put(i, "a_wg", mean(owns[, i], na.rm = TRUE))
  put(i, "deviation", mean(ads[, i], na.rm = TRUE))
}
of_variance("mood", rowMeans(d[items], na.rm = TRUE))
s <- pmin(rowMeans(vars, na.rm = TRUE) / 2, 1)
put("mood", "r_wg", mean(3 * (1 - s) / (3 * (1 - s) + s)))
put("mood", "a_wg", mean(rowMeans(owns, na.rm = TRUE), na.rm = TRUE))
put("mood", "deviation", mean(rowMeans(ads, na.rm = TRUE)))
write.csv(do.call(rbind, rows), "values.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string), "versions.txt")
