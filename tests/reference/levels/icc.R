# Intraclass correlations by lavaan: lavInspect(fit, "icc"), whose EM stops short of the maximum (column em), and the
# same from the model without restrictions fitted as a model (column icc). Rscript icc.R, in its folder, writes icc.csv.
suppressPackageStartupMessages(library(lavaan))
options(warn = -1)
texts <- c(plain = "level: 1\nfw =~ y1 + y2 + y3 + y4\nlevel: 2\nfb =~ y1 + y2 + y3 + y4",
           covariates = "level: 1\nfw =~ y1 + y2 + y3 + y4\nfw ~ x\nlevel: 2\nfb =~ y1 + y2 + y3 + y4\nfb ~ w")
pairs <- function(v) unlist(lapply(seq_along(v), function(i) paste(v[i], "~~", v[i:length(v)])))
out <- NULL
for (data in c("uneven", "even", "many", "few")) for (model in names(texts)) {
  fit <- sem(texts[[model]], read.csv(paste0(data, ".csv")), cluster = "branch")
  em <- lavInspect(fit, "icc")
  own <- fit@Data@ov.names.l[[1]]
  full <- paste(c("level: 1", pairs(own[[1]]), sprintf("%s ~ 1", setdiff(own[[1]], own[[2]])), "level: 2", pairs(own[[2]]),
                  sprintf("%s ~ 1", own[[2]])), collapse = "\n")
  free <- lavaan(full, read.csv(paste0(data, ".csv")), cluster = "branch", fixed.x = FALSE,
                 control = list(rel.tol = 1e-15, iter.max = 20000, eval.max = 20000), optim.dx.tol = 1)
  covs <- lavInspect(free, "implied")
  W <- diag(covs[[1]]$cov)
  B <- diag(covs[[2]]$cov)[names(em)]
  B[is.na(B)] <- 0
  out <- rbind(out, data.frame(data, model, variable = names(em), icc = as.numeric(B / (B + W[names(em)])), em = as.numeric(em)))
}
write.csv(out, "icc.csv", row.names = FALSE, quote = FALSE)
