# lavaan's parameter table before any fit (lavaanify), one file for all cases: tables/values.csv
# Rscript tests/reference/tables.R   (lavaan 0.6-14)
suppressMessages(library(lavaan))
folder <- file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "tables")
cases <- read.csv(file.path(folder, "cases.csv"), stringsAsFactors = FALSE)
root <- function(t) {
  own <- seq_len(nrow(t))
  for (again in 1:5) for (k in which(t$op == "==" & t$lhs %in% t$plabel & t$rhs %in% t$plabel)) {
    a <- match(t$lhs[k], t$plabel); b <- match(t$rhs[k], t$plabel)
    own[own == max(own[a], own[b])] <- min(own[a], own[b])
  }
  own
}
listed <- function(x) if (is.na(x) || x == "") character(0) else strsplit(x, "; ")[[1]]
out <- NULL
for (i in seq_len(nrow(cases))) {
  case <- cases[i, ]
  options <- list(int.ov.free = TRUE, int.lv.free = FALSE, auto.fix.first = TRUE, auto.fix.single = TRUE, auto.var = TRUE,
                  auto.cov.lv.x = TRUE, auto.cov.y = TRUE, auto.th = TRUE, auto.delta = TRUE, auto.efa = TRUE,
                  fixed.x = TRUE, std.lv = FALSE, orthogonal = FALSE, meanstructure = FALSE, parameterization = "delta")
  for (pair in listed(case$options)) {
    part <- strsplit(pair, "=")[[1]]
    value <- part[2]
    options[[part[1]]] <- if (value %in% c("TRUE", "FALSE")) value == "TRUE" else value
  }
  if (isTRUE(options$std.lv)) options$auto.fix.first <- FALSE
  t <- do.call(lavaanify, c(list(model = gsub("; ", "\n", case$model), ngroups = case$groups,
                                 group.equal = listed(case$equal), group.partial = gsub(" ", "", listed(case$partial))), options))
  t$lower <- if (is.null(t$lower)) NA else t$lower
  t$upper <- if (is.null(t$upper)) NA else t$upper
  t$shared <- root(t)
  t <- t[t$user != 2 | t$op != "==", ]
  t$label <- ifelse(grepl("^[.]p[0-9]+[.]$", t$label), "", t$label)
  keep <- c("lhs", "op", "rhs", "user", "group", "free", "ustart", "exo", "label", "lower", "upper", "shared")
  out <- rbind(out, cbind(case = case$case, t[, keep]))
}
write.csv(out, file.path(folder, "values.csv"), row.names = FALSE, na = "")
