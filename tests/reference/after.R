# What is computed after a fit: each function takes a lavaan fit and gives one tidy table.

groups_of <- function(fit, values) if (lavInspect(fit, "ngroups") == 1) list(values) else values
label_of <- function(fit, number) {
  if (lavInspect(fit, "ngroups") == 1) "" else lavInspect(fit, "group.label")[number]
}

modification_indices <- function(fit) {
  rows <- as.data.frame(modindices(fit, sort. = FALSE, minimum.value = 0))
  rows$group <- if (is.null(rows$group)) "" else lavInspect(fit, "group.label")[rows$group]
  rows[c("lhs", "op", "rhs", "group", "mi", "epc", "sepc.lv", "sepc.all")]
}

# one row per cell of the lower triangle
cell_rows <- function(matrix, kind, group) {
  cells <- which(lower.tri(matrix, diag = TRUE), arr.ind = TRUE)
  data.frame(kind = kind, group = group, row = rownames(matrix)[cells[, 1]], column = colnames(matrix)[cells[, 2]],
             value = matrix[cells])
}

# `column` is empty for means
moment_rows <- function(fit, values, kind) {
  values <- groups_of(fit, values)
  do.call(rbind, lapply(seq_along(values), function(g) {
    rows <- cell_rows(unclass(values[[g]]$cov), kind, label_of(fit, g))
    mean <- values[[g]]$mean
    if (is.null(mean)) return(rows)
    rbind(rows, data.frame(kind = kind, group = label_of(fit, g), row = names(mean), column = "", value = as.numeric(mean)))
  }))
}

residual_tables <- function(fit) {
  kinds <- c(raw = "raw", standardized = "standardized", normalized = "normalized", cor = "cor")
  do.call(rbind, lapply(names(kinds), function(kind) {
    values <- lapply(groups_of(fit, residuals(fit, type = kinds[[kind]])), function(v) {
      list(cov = unclass(if (is.null(v$cov)) v$cor else v$cov), mean = v$mean)
    })
    moment_rows(fit, if (length(values) == 1) values[[1]] else values, kind)
  }))
}

implied_moments <- function(fit) moment_rows(fit, lavInspect(fit, "implied"), "implied")

SCORED_ROWS <- 12  # the first answered rows of every group stand for all

score_tables <- function(fit) {
  methods <- c(regression = "regression", bartlett = "Bartlett")
  do.call(rbind, lapply(names(methods), function(method) {
    scores <- tryCatch(groups_of(fit, lavPredict(fit, method = methods[[method]])), error = function(e) NULL)
    if (is.null(scores)) return(NULL)
    rows <- groups_of(fit, lavInspect(fit, "case.idx"))
    do.call(rbind, lapply(seq_along(scores), function(g) {
      table <- unclass(scores[[g]])
      first <- seq_len(min(SCORED_ROWS, nrow(table)))
      data.frame(method = method, group = label_of(fit, g), row = rep(rows[[g]][first] - 1, ncol(table)),
                 latent = rep(colnames(table), each = length(first)), value = as.numeric(table[first, ]))
    }))
  }))
}

# lavTestScore frees one equality at a time; its rows are matched by value, because the names are lavaan's own (.p2.)
score_test_table <- function(fit) {
  tests <- lavTestScore(fit)
  as_rows <- function(rows, kind) data.frame(kind = kind, constraint = paste(rows$lhs, "==", rows$rhs), chisq = rows$X2,
                                             df = rows$df, pvalue = rows$p.value)
  total <- data.frame(kind = "total", constraint = "", chisq = tests$test$X2, df = tests$test$df,
                      pvalue = tests$test$p.value)
  rbind(total, as_rows(named_constraints(fit, tests$uni), "one"))
}

named_constraints <- function(fit, rows) {
  table <- parTable(fit)
  labels <- lavInspect(fit, "group.label")
  group <- if (length(labels)) paste0(" [", labels[pmax(table$group, 1)], "]") else ""
  full <- paste0(table$lhs, " ", table$op, " ", table$rhs, group)
  named <- function(x) ifelse(x %in% table$plabel, full[match(x, table$plabel)], x)
  rows$lhs <- named(rows$lhs)
  rows$rhs <- named(rows$rhs)
  rows
}

missing_tables <- function(fit) {
  coverage <- groups_of(fit, lavInspect(fit, "coverage"))
  patterns <- groups_of(fit, lavInspect(fit, "patterns"))
  do.call(rbind, lapply(seq_along(coverage), function(g) {
    count <- data.frame(kind = "patterns", group = label_of(fit, g), row = "", column = "", value = nrow(patterns[[g]]))
    rbind(cell_rows(unclass(coverage[[g]]), "coverage", label_of(fit, g)), count)
  }))
}

# ordered items: sample and implied thresholds and correlations, and the scores of the first rows
ordinal_tables <- function(fit) {
  by_group <- function(what) groups_of(fit, lavInspect(fit, what))
  moments <- function(values, kind) do.call(rbind, lapply(seq_along(values), function(g) {
    th <- values[[g]]$th
    rbind(cell_rows(unclass(values[[g]]$cov), kind, label_of(fit, g)),
          data.frame(kind = kind, group = label_of(fit, g), row = sub("\\|.*", "", names(th)),
                     column = sub(".*\\|", "|", names(th)), value = as.numeric(th)))
  }))
  scores <- groups_of(fit, lavPredict(fit))
  rows <- groups_of(fit, lavInspect(fit, "case.idx"))
  scored <- do.call(rbind, lapply(seq_along(scores), function(g) {
    table <- unclass(scores[[g]])
    first <- seq_len(min(SCORED_ROWS, nrow(table)))
    data.frame(kind = "scores", group = label_of(fit, g), row = rep(rows[[g]][first] - 1, ncol(table)),
               column = rep(colnames(table), each = length(first)), value = as.numeric(table[first, ]))
  }))
  rbind(moments(by_group("sampstat"), "sample"), moments(by_group("implied"), "implied"), scored)
}

ordinal_residuals <- function(fit) {
  do.call(rbind, lapply(c("normalized", "standardized"), function(kind) {
    cell_rows(unclass(residuals(fit, type = kind)$cov), kind, "")
  }))
}

AFTER <- list(modification_indices = modification_indices, residuals = residual_tables, implied = implied_moments,
              scores = score_tables, score_tests = score_test_table, missing = missing_tables,
              ordinal = ordinal_tables, ordinal_residuals = ordinal_residuals)

wald_tests <- function(cases, models) {
  do.call(rbind, lapply(Filter(function(case) !is.null(case$wald), cases), function(case) {
    test <- lavTestWald(models[[case$name]], constraints = case$wald)
    data.frame(case = case$name, constraints = case$wald, chisq = test$stat, df = test$df, pvalue = test$p.value)
  }))
}

comparisons <- function(pairs, models) {
  do.call(rbind, lapply(pairs, function(pair) {
    method <- if (is.null(pair$method)) "default" else gsub("_", ".", pair$method)
    test <- lavTestLRT(models[[pair$larger]], models[[pair$smaller]], method = method)
    data.frame(smaller = pair$smaller, larger = pair$larger, method = gsub(".", "_", method, fixed = TRUE),
               chisq_diff = test[2, "Chisq diff"], df_diff = test[2, "Df diff"], pvalue = test[2, "Pr(>Chisq)"])
  }))
}
