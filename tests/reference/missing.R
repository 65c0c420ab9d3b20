# What lavaan and semTools make of missing answers: pairwise deletion, auxiliary variables, pooled imputed sets.
# Rscript missing.R (in this folder) reads data/missing.csv and rewrites data/imputed.csv and values/missing/*.csv.
suppressPackageStartupMessages({ library(lavaan); library(semTools) })

FOLDER <- file.path("values", "missing")
TIGHT <- list(em.h1.iter.max = 20000L, em.h1.tol = 1e-14)
SETS <- 5
IMPUTED_ROWS <- 200  # the first respondents of data/missing.csv that have answers

factors <- "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6\n"
path <- paste0(factors, "f2 ~ b*f1 + age\nx1 ~~ v*x1\nratio := b / v\n")
covariates <- paste0(factors, "f2 ~ f1 + age + x7\n")

answers <- read.csv("data/missing.csv")
items <- paste0("x", 1:9)
answers <- answers[rowSums(!is.na(answers[items])) > 0, ]  # lavaan counts empty rows in some places and not in others

write_table <- function(rows, name) {
  numeric <- sapply(rows, is.numeric)
  rows[numeric] <- lapply(rows[numeric], function(x) signif(as.numeric(x), 12))
  names(rows) <- gsub(".", "_", names(rows), fixed = TRUE)
  write.csv(rows, file.path(FOLDER, paste0(name, ".csv")), row.names = FALSE, na = "", quote = TRUE)
}

named <- function(case, values) data.frame(case = case, name = gsub(".", "_", names(values), fixed = TRUE),
                                           value = as.numeric(values))

# ---------------------------------------------------------------- pairwise deletion and auxiliary variables

fits <- list(
  pairwise_ml = list("sem", factors, list(missing = "pairwise")),
  pairwise_means = list("sem", factors, list(missing = "pairwise", meanstructure = TRUE)),
  pairwise_observed = list("sem", factors, list(missing = "pairwise", information = "observed")),
  pairwise_mlm = list("sem", factors, list(missing = "pairwise", estimator = "MLM")),
  pairwise_mlmv = list("sem", factors, list(missing = "pairwise", estimator = "MLMV")),
  pairwise_mlmvs = list("sem", factors, list(missing = "pairwise", estimator = "MLMVS")),
  pairwise_uls = list("sem", factors, list(missing = "pairwise", estimator = "ULS")),
  pairwise_wls = list("sem", factors, list(missing = "pairwise", estimator = "WLS")),
  pairwise_dwls = list("sem", factors, list(missing = "pairwise", estimator = "DWLS")),
  pairwise_covariate = list("sem", path, list(missing = "pairwise")),
  pairwise_groups = list("sem", factors, list(missing = "pairwise", group = "brand", group.equal = "loadings")),
  auxiliary_one = list("sem.auxiliary", factors, list(aux = "help1")),
  auxiliary_two = list("sem.auxiliary", path, list(aux = c("help1", "help2"))),
  auxiliary_mlr = list("sem.auxiliary", covariates, list(aux = c("help1", "help2"), estimator = "MLR")),
  auxiliary_gaps = list("sem.auxiliary", factors, list(aux = c("x7", "x8", "help1"))),
  auxiliary_std_lv = list("sem.auxiliary", factors, list(aux = "help1", std.lv = TRUE)),
  auxiliary_groups = list("sem.auxiliary", factors,
                          list(aux = c("help1", "help2"), group = "brand", group.equal = c("loadings", "intercepts")))
)

parameters <- function(fit) {
  rows <- as.data.frame(parameterEstimates(fit, standardized = TRUE))
  rows <- rows[!rows$op %in% c("==", "<", ">"), ]
  labels <- lavInspect(fit, "group.label")
  rows$group <- if (length(labels)) c("", labels)[rows$group + 1] else ""
  rows[c("lhs", "op", "rhs", "group", "est", "se", "std.all")]
}

run <- function(case) {
  do.call(case[[1]], c(list(model = case[[2]], data = answers), case[[3]], TIGHT))
}

# ---------------------------------------------------------------- imputed sets

# draws from the normal distribution of the gaps given what was answered, at the saturated moments
impute <- function(data, moments) {
  for (row in seq_len(nrow(data))) {
    gaps <- which(is.na(data[row, ]))
    if (!length(gaps)) next
    seen <- setdiff(seq_along(data), gaps)
    weights <- moments$cov[gaps, seen, drop = FALSE] %*% solve(moments$cov[seen, seen])
    centre <- moments$mean[gaps] + weights %*% (unlist(data[row, seen]) - moments$mean[seen])
    spread <- moments$cov[gaps, gaps, drop = FALSE] - weights %*% moments$cov[seen, gaps, drop = FALSE]
    data[row, gaps] <- centre + t(chol(spread)) %*% rnorm(length(gaps))
  }
  data
}

imputed_sets <- function() {
  set.seed(20261123)
  used <- head(answers, IMPUTED_ROWS)
  columns <- c(paste0("x", 1:6), "age")
  saturated <- lavCor(used[columns], missing = "fiml", output = "fit")
  moments <- lapply(lavInspect(saturated, "sampstat")[c("cov", "mean")], function(m) unclass(m))
  lapply(seq_len(SETS), function(number) {
    cbind(set = number, round(impute(used[columns], moments), 4), brand = used$brand)
  })
}

pools <- list(
  pooled_ml = list(path, list()),
  pooled_means = list(factors, list(meanstructure = TRUE)),
  pooled_mlr = list(path, list(estimator = "MLR")),
  pooled_mlm = list(path, list(estimator = "MLM")),
  pooled_gls = list(factors, list(estimator = "GLS")),
  pooled_groups = list(factors, list(group = "brand", group.equal = c("loadings", "intercepts")))
)

# as in mice: Barnard & Rubin 1999
barnard_rubin <- function(m, riv, complete) {
  lambda <- riv / (1 + riv)
  old <- (m - 1) / lambda^2
  seen <- (complete + 1) / (complete + 3) * complete * (1 - lambda)
  old * seen / (old + seen)
}

pooled_parameters <- function(pooled, case) {
  table <- parTable(pooled)
  est <- sapply(pooled@ParTableList, `[[`, "est")
  within <- rowMeans(sapply(pooled@ParTableList, `[[`, "se")^2)
  riv <- (1 + 1 / SETS) * apply(est, 1, var) / within
  riv[within == 0] <- NA
  rows <- suppressMessages(summary(pooled, standardized = TRUE, fmi = TRUE, output = "data.frame", scale.W = FALSE))
  free <- table$free > 0 & !duplicated(table$free)
  total <- vcov(pooled, scale.W = FALSE)
  se <- ifelse(is.na(riv), 0, sqrt(within * (1 + riv)))
  stopifnot(all.equal(unname(sqrt(diag(total))), se[free], tolerance = 1e-8))
  npar <- max(table$free) - sum(table$op == "==")
  keep <- !table$op %in% c("==", "<", ">")
  labels <- lavListInspect(pooled, "group.label")
  group <- if (length(labels)) c("", labels)[table$group[keep] + 1] else ""
  stopifnot(all(rows$lhs == table$lhs[keep]))
  data.frame(case = case, lhs = rows$lhs, op = rows$op, rhs = rows$rhs, group = group, est = rows$est, se = se[keep],
             riv = riv[keep], rubin.df = ((SETS - 1) * (1 + 1 / riv)^2)[keep],
             df = barnard_rubin(SETS, riv, IMPUTED_ROWS - npar)[keep], std.all = rows$std.all)
}

pooled_tests <- function(pooled, case) {
  methods <- if (lavListInspect(pooled, "options")$estimator == "ML") c("D2", "D3") else "D2"
  plain <- lavListInspect(pooled, "options")$test[1] == "standard"
  if (!plain) return(NULL)
  do.call(rbind, lapply(methods, function(method) {
    test <- suppressMessages(lavTestLRT.mi(pooled, test = method))
    names(test)[1] <- "f"
    cbind(test = method, named(case, test[c("f", "df1", "df2", "pvalue", "ariv")]))
  }))
}

pooled_measures <- function(pooled, case) {
  methods <- if (lavListInspect(pooled, "options")$estimator == "ML") c("D2", "D3") else "D2"
  do.call(rbind, lapply(methods, function(method) {
    cbind(test = method, named(case, suppressMessages(fitMeasures(pooled, test = method))))
  }))
}

run_pool <- function(case, sets) {
  do.call(runMI, c(list(model = case[[1]], data = sets, fun = "sem"), case[[2]]))
}

# ---------------------------------------------------------------- write

dir.create(FOLDER, recursive = TRUE, showWarnings = FALSE)
done <- suppressWarnings(lapply(fits, run))
for (n in names(done)) if (!lavInspect(done[[n]], "converged")) stop(n, " did not converge")
write_table(do.call(rbind, lapply(names(done), function(n) cbind(case = n, parameters(done[[n]])))), "parameters")
write_table(do.call(rbind, lapply(names(done), function(n) {
  named(n, c(unclass(fitMeasures(done[[n]])), nobs = lavInspect(done[[n]], "ntotal")))
})), "fit_measures")
sets <- imputed_sets()
write.csv(do.call(rbind, sets), file.path("data", "imputed.csv"), row.names = FALSE, quote = FALSE)
pooled <- suppressWarnings(lapply(pools, run_pool, sets))
for (name in c("pooled_parameters", "pooled_tests", "pooled_measures")) {
  write_table(do.call(rbind, Map(get(name), pooled, names(pooled))), name)
}
write.csv(data.frame(package = c("R", "lavaan", "semTools"),
                     version = c(paste(R.version$major, R.version$minor, sep = "."),
                                 as.character(packageVersion("lavaan")), as.character(packageVersion("semTools")))),
          file.path(FOLDER, "versions.csv"), row.names = FALSE, quote = FALSE)
