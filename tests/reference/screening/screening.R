# Little's test, Mardia's coefficients and Mahalanobis distances in R; writes values.csv and distances.csv.
# Rscript screening.R, in this folder (lavaan, psych). Little's test is made of lavaan's own EM moments: no package here
# has it, and lavaan's saturated model with missing = "fiml" has the maximum-likelihood means and covariances.
suppressPackageStartupMessages({library(lavaan); library(psych)})
items <- function(data) data[, sapply(data, is.numeric)][, 1:8]
gaps <- items(read.csv("../data/missing.csv"))
whole <- items(read.csv("../data/skewed.csv"))

little <- function(data) {
  data <- data[rowSums(!is.na(data)) > 0, ]
  model <- paste(apply(combn(names(data), 2), 2, paste, collapse = " ~~ "), collapse = "\n")
  h1 <- lavInspect(lavaan(model, data, missing = "fiml", meanstructure = TRUE, int.ov.free = TRUE, auto.var = TRUE,
                          em.h1.iter.max = 10000, em.h1.tol = 1e-12), "sampstat")
  mu <- h1$mean[names(data)]; sigma <- h1$cov[names(data), names(data)]
  kinds <- apply(!is.na(data), 1, paste, collapse = "")
  parts <- sapply(split(data, kinds), function(part) {
    seen <- !is.na(part[1, ])
    away <- colMeans(part[, seen, drop = FALSE]) - mu[seen]
    c(nrow(part) * drop(t(away) %*% solve(sigma[seen, seen]) %*% away), sum(seen))
  })
  df <- sum(parts[2, ]) - ncol(data)
  c(little_statistic = sum(parts[1, ]), little_df = df,
    little_pvalue = pchisq(sum(parts[1, ]), df, lower.tail = FALSE), little_patterns = ncol(parts))
}
m <- mardia(whole, plot = FALSE)
values <- c(little(gaps), skewness = m$b1p, chisq = m$skew, skewness_pvalue = m$p.skew, kurtosis = m$b2p,
            z = m$kurtosis, kurtosis_pvalue = m$p.kurt)
write.csv(data.frame(name = names(values), value = sprintf("%.15g", values)), "values.csv", row.names = FALSE, quote = FALSE)
d2 <- mahalanobis(whole, colMeans(whole), cov(whole))
p <- pchisq(d2, ncol(whole), lower.tail = FALSE)
write.csv(data.frame(d2 = sprintf("%.12g", d2), pvalue = sprintf("%.12g", p)), "distances.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("lavaan", packageVersion("lavaan")), paste("psych", packageVersion("psych"))),
           "versions.txt")
