# Criteria that lavaan has not, or has otherwise, by GPArotation: Rscript criteria.R, from this folder. Writes criteria.csv.
# Starts from the unrotated loadings of ../exploring (factanal), the best of 30 random starts each.
suppressMessages(library(GPArotation))
options(digits = 15)
found <- read.csv(file.path("..", "exploring", "loadings.csv"))
found <- found[found$rotation == "none", ]
items <- unique(found$item)
A <- sapply(1:3, function(k) found$loading[found$factor == k][match(items, found$item[found$factor == k])])
rownames(A) <- items
target <- matrix(NA, 9, 3); target[4:9, 1] <- 0; target[c(1:3, 7:9), 2] <- 0; target[1:6, 3] <- 0
W <- 1 * !is.na(target); T0 <- target; T0[is.na(T0)] <- 0
best <- function(f, ...) {
  set.seed(1)
  ends <- lapply(1:30, function(i) f(A, Tmat = Random.Start(3), eps = 1e-7, maxit = 20000, ...))
  value <- sapply(ends, function(e) e$Table[nrow(e$Table), 2])
  ends[[which.min(value)]]
}
runs <- list(
  geomin = best(geominQ, delta = 0.01), geomin_orthogonal = best(geominT, delta = 0.01),
  target = best(pstQ, W = W, Target = T0), target_orthogonal = best(pstT, W = W, Target = T0),
  biquartimin = best(bifactorQ), biquartimin_orthogonal = best(bifactorT),
  oblimin = best(oblimin, gam = -0.5), crawfer = best(cfQ, kappa = 0.3), crawfer_orthogonal = best(cfT, kappa = 0.3),
  equamax = best(cfT, kappa = 3 / 18), quartimax = best(quartimax)
)
write.csv(do.call(rbind, lapply(names(runs), function(name) {
  L <- unclass(runs[[name]]$loadings); Phi <- runs[[name]]$Phi; if (is.null(Phi)) Phi <- diag(3)
  data.frame(rotation = name, item = rep(c(items, paste0("phi", 1:3)), 3), factor = rep(1:3, each = 12),
             value = signif(as.numeric(rbind(L, Phi)), 9))
})), "criteria.csv", row.names = FALSE, quote = FALSE)
cat("GPArotation", as.character(packageVersion("GPArotation")), "\n", file = "versions.txt", append = TRUE)
