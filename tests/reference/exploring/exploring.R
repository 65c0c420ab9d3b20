# Exploratory factors by factanal, psych and GPArotation: Rscript exploring.R, from this folder.
suppressMessages({library(psych); library(GPArotation)})
options(digits = 15)

items <- read.csv("items.csv")
nine <- items[paste0("x", 1:9)]
quiet <- function(x) suppressWarnings(suppressMessages(x))
best <- function(data, k) factanal(data, k, rotation = "none", control = list(nstart = 5))
precise <- best(nine, 3)
unrotated <- unclass(precise$loadings)
size <- sqrt(rowSums(unrotated^2))
tight <- function(f, ...) f(unrotated, eps = 1e-6, maxit = 2000, ...)
found <- list(
  none = list(loadings = unrotated, Phi = diag(3)),
  varimax = { v <- varimax(unrotated, normalize = TRUE, eps = 1e-14); list(loadings = v$loadings, Phi = diag(3)) },
  varimax_raw = { v <- varimax(unrotated, normalize = FALSE, eps = 1e-14); list(loadings = v$loadings, Phi = diag(3)) },
  quartimin = tight(quartimin),
  oblimin = tight(oblimin),
  oblimin_kaiser = tight(oblimin, normalize = TRUE),
  promax = {
    p <- promax(varimax(unrotated / size, normalize = FALSE, eps = 1e-14)$loadings, m = 4)
    v <- varimax(unrotated / size, normalize = FALSE, eps = 1e-14)
    T <- v$rotmat %*% p$rotmat
    list(loadings = unclass(p$loadings) * size, Phi = solve(crossprod(T)))
  }
)
write.csv(do.call(rbind, lapply(names(found), function(name) {
  L <- unclass(found[[name]]$loadings)
  data.frame(rotation = name, item = rep(rownames(unrotated), 3), factor = rep(1:3, each = 9), loading = as.numeric(L))
})), "loadings.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, lapply(names(found), function(name) {
  Phi <- found[[name]]$Phi
  data.frame(rotation = name, a = c(1, 1, 2), b = c(2, 3, 3), correlation = Phi[upper.tri(Phi)][c(1, 2, 3)])
})), "correlations.csv", row.names = FALSE, quote = FALSE)
check <- quiet(fa(nine, 3, fm = "ml", rotate = "promax")) # psych's own promax is this one
cat("promax of psych differs by", max(abs(sort(abs(check$loadings)) - sort(abs(found$promax$loadings)))), "\n")

fit <- function(data, k, what) {
  f <- best(data, k)
  p <- if (f$dof > 0) quiet(fa(data, k, fm = "ml", rotate = "none")) else NULL
  rbind(data.frame(data = what, factors = k, what = c("chisq", "df", "rmsea"), item = "",
                   value = c(f$STATISTIC, f$dof, if (is.null(p)) NA else p$RMSEA[[1]])),
        data.frame(data = what, factors = k, what = "communality", item = names(f$uniquenesses), value = 1 - f$uniquenesses))
}
rows <- rbind(fit(nine, 1, "nine"), fit(nine, 2, "nine"), fit(nine, 3, "nine"), fit(items, 3, "items"))
least <- quiet(fa(nine, 3, fm = "minres", rotate = "none", min.err = 1e-8))
rows <- rbind(rows, data.frame(data = "minres", factors = 3, what = "communality", item = names(nine), value = as.numeric(least$communality)))
write.csv(rows, "fits.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, sapply(c("psych", "GPArotation"), function(p) paste(p, packageVersion(p)))), "versions.txt")
