# Standard errors and tests of ordered variables whose rows depend on each other within clusters. lavaan 0.6-14 takes
# `cluster` beside ordered variables and leaves it out of Gamma (its standard errors are those without clusters): here the
# scores of the rows, lavaan's own, are summed within clusters, and lavaan computes the rest from that Gamma.
clustered_gamma <- function(fit, g, clusters) {
  data <- fit@Data
  ov <- data@ov; names <- data@ov.names[[g]]
  types <- ov$type[match(names, ov$name)]
  x <- if (fit@Model@conditional.x) data@ov.names.x[[g]] else character(0)
  found <- lavaan:::muthen1984(Data = data@X[[g]], wt = data@weights[[g]], ov.names = names, ov.types = types,
                               ov.levels = ov$nlev[match(names, ov$name)], ov.names.x = x,
                               eXo = if (length(x)) data@eXo[[g]])
  summed <- rowsum(replace(found$SC, is.na(found$SC), 0), clusters[data@case.idx[[g]]])
  A11 <- solve(found$A11); A22 <- diag(1 / diag(found$A22), nrow = nrow(found$A22))
  bread <- rbind(cbind(A11, matrix(0, nrow(A11), ncol(A22))), cbind(-A22 %*% found$A21 %*% A11, A22))
  moved <- tcrossprod(found$H %*% bread, summed)
  means <- which(unlist(found$TH.IDX) == 0)
  moved[means, ] <- -moved[means, ]
  fit@SampleStats@nobs[[g]] * tcrossprod(moved)
}
with_clusters <- function(fit, clusters) {
  stats <- fit@SampleStats
  stats@NACOV <- lapply(seq_along(stats@NACOV), function(g) clustered_gamma(fit, g, clusters))
  table <- fit@ParTable; table$start <- table$est
  lavaan(slotOptions = fit@Options, slotParTable = table, slotSampleStats = stats, slotData = fit@Data)
}

# what a fit with clusters is asked for, and what it asks lavaan for without them
without_clusters <- function(arguments) {
  robust <- list(se = "robust.sem", test = "satorra.bentler")
  plain <- toupper(arguments$estimator %||% "") %in% c("DWLS", "ULS")
  if (plain) arguments <- modifyList(robust, arguments)
  arguments$cluster <- NULL
  arguments
}

`%||%` <- function(value, other) if (is.null(value)) other else value
