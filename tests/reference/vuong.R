# Vuong's tests from what lavaan gives for each respondent; writes vuong.csv. Rscript vuong.R (lavaan, no other package)
suppressPackageStartupMessages(library(lavaan))

items <- function(names) paste(sapply(names, function(n) sprintf("%s =~ %s", n, paste0(substr(n, 1, 3), 1:3, collapse = " + "))),
                               collapse = "\n")
chain <- items(c("quality", "satisfaction", "delight", "loyalty"))
PAIRS <- list(
  routes = list(data = "chain", missing = "listwise",
    a = paste(chain, "delight ~ quality", "satisfaction ~ quality", "loyalty ~ delight", "delight ~~ 0*satisfaction", sep = "\n"),
    b = paste(chain, "delight ~ quality", "satisfaction ~ quality", "loyalty ~ satisfaction", "delight ~~ 0*satisfaction",
              sep = "\n")),
  overlapping = list(data = "chain", missing = "listwise",
    a = paste(chain, "loyalty ~ delight + satisfaction", "quality ~~ 0*delight", sep = "\n"),
    b = paste(chain, "loyalty ~ delight + satisfaction + quality", "qua1 ~~ sat1", "quality ~~ 0*delight", sep = "\n")),
  gaps = list(data = "chain", missing = "fiml",
    a = paste(chain, "delight ~ quality", "satisfaction ~ delight", "loyalty ~ satisfaction", sep = "\n"),
    b = paste(chain, "satisfaction ~ quality", "delight ~ satisfaction", "loyalty ~ delight", sep = "\n"))
)

tail_of <- function(x, weights) {  # Imhof 1961
  w <- weights[weights > 1e-10 * max(weights)] / max(weights)
  x <- x / max(weights)
  f <- Vectorize(function(u) sin(0.5 * sum(atan(w * u)) - 0.5 * x * u) / (u * prod((1 + (w * u)^2)^0.25)))
  0.5 + integrate(f, 0, 400, subdivisions = 20000, rel.tol = 1e-8, stop.on.error = FALSE)$value / pi
}

# log-likelihood of every respondent from the implied moments of what was answered
casewise <- function(fit, answers) {
  implied <- lavInspect(fit, "implied")
  rows <- as.matrix(answers[colnames(implied$cov)])
  apply(rows, 1, function(row) {
    seen <- !is.na(row)
    S <- implied$cov[seen, seen]
    -0.5 * (sum(seen) * log(2 * pi) + as.numeric(determinant(S)$modulus) +
              mahalanobis(row[seen], implied$mean[seen], S))
  })
}

vuong <- function(pair) {
  answers <- read.csv(file.path("data", paste0(pair$data, ".csv")))
  if (pair$missing == "fiml") for (i in seq_len(ncol(answers))) answers[seq(i, nrow(answers), by = 11), i] <- NA
  fits <- lapply(c("a", "b"), function(side) sem(pair[[side]], answers, meanstructure = TRUE, missing = pair$missing))
  ll <- lapply(fits, casewise, answers)
  s <- lapply(fits, function(f) unclass(lavScores(f)))
  v <- lapply(fits, vcov)
  d <- ll[[1]] - ll[[2]]
  W <- rbind(cbind(crossprod(s[[1]]) %*% v[[1]], crossprod(s[[1]], s[[2]]) %*% v[[2]]),
             -cbind(crossprod(s[[2]], s[[1]]) %*% v[[1]], crossprod(s[[2]]) %*% v[[2]]))
  weights <- Re(eigen(W, only.values = TRUE)$values)^2
  total <- sum((d - mean(d))^2)
  k <- (length(coef(fits[[1]])) - length(coef(fits[[2]]))) * log(length(d)) / 2
  c(loglik_a = sum(ll[[1]]), loglik_b = sum(ll[[2]]), variance = total / length(d), weights = sum(weights),
    largest = max(weights), distinct = tail_of(total, weights), z = sum(d) / sqrt(total), z_bic = (sum(d) - k) / sqrt(total))
}

rows <- t(sapply(PAIRS, vuong))
write.csv(data.frame(pair = rownames(rows), signif(rows, 10), lavaan = as.character(packageVersion("lavaan"))), "vuong.csv",
          row.names = FALSE, quote = FALSE)
models <- do.call(rbind, lapply(names(PAIRS), function(n) data.frame(pair = n, side = c("a", "b"), model = c(PAIRS[[n]]$a, PAIRS[[n]]$b))))
write.csv(models, "vuong_models.csv", row.names = FALSE)
