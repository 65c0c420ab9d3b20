# Ordered variables with sampling weights, with clusters, and with both: Rscript ordered_designs.R (here; data/grid.csv).
# Writes ordered_designs.csv. Clusters as clustered.R explains.
source("lavaan.R")

data <- read.csv("data/grid.csv")
FACTORS <- "f1 =~ q1 + q2 + q3\nf2 =~ q4 + q5 + q6"
MIXED <- "f1 =~ q1 + q2 + q3\nf2 =~ q4 + x5 + x6"
ALL <- paste0("q", 1:6)
cases <- list(
  items = list(model = FACTORS, options = list(ordered = ALL)),
  mixed = list(model = MIXED, options = list(ordered = ALL[1:4])),
  covariates = list(model = paste0(MIXED, "\nf1 + f2 ~ age + online"), options = list(ordered = ALL[1:4])),
  gaps = list(model = "f1 =~ o1 + o2 + o3\nf2 =~ o4 + g5 + g6",
              options = list(ordered = paste0("o", 1:4), missing = "pairwise")),
  groups = list(model = FACTORS, options = list(ordered = ALL, group = "site")))
designs <- list(weights = list(sampling_weights = "weight"), clusters = list(cluster = "branch"),
                both = list(sampling_weights = "weight", cluster = "branch"))
MEASURES <- c("chisq", "df", "chisq.scaled", "pvalue.scaled", "cfi.scaled", "cfi.robust", "rmsea.robust", "srmr")

tidy <- function(kind, names, values) data.frame(kind = kind, name = as.character(names), value = signif(as.numeric(values), 9))

values_of <- function(fit) {
  rows <- parameters(fit)
  names <- paste(rows$lhs, rows$op, rows$rhs, rows$group)
  all <- unclass(fitMeasures(fit))
  known <- intersect(MEASURES, names(all))
  rbind(tidy("est", names, rows$est), tidy("se", names, rows$se), tidy("measure", known, all[known]))
}

found <- do.call(rbind, lapply(names(cases), function(name) do.call(rbind, lapply(names(designs), function(design) {
  estimators <- if (name == "items") c("WLSMV", "ULSMV", "DWLS", "WLS") else "WLSMV"
  if (design != "weights") estimators <- setdiff(estimators, "WLS")
  do.call(rbind, lapply(estimators, function(estimator) {
    case <- list(name = paste(name, design), data = "grid", model = cases[[name]]$model,
                 options = c(cases[[name]]$options, designs[[design]], list(estimator = estimator)))
    cbind(case = name, design = design, estimator = estimator, values_of(fit_case(case, list(case = list(case)))))
  }))
}))))
write.csv(found, "ordered_designs.csv", row.names = FALSE, quote = FALSE)
