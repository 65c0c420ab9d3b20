# Rows that drop out, sampling weights, groups of unequal size, a constraint on a parameter without information, and
# indices after FIML: what lavaan says. Rscript rows_and_groups.R writes rows_and_groups.csv (lavaan, no other package)
suppressPackageStartupMessages(library(lavaan))

read <- function(name) read.csv(file.path("data", paste0(name, ".csv")), na.strings = c("", "NA"))
gappy <- function(data, columns, step) { for (i in seq_along(columns)) data[seq(i, nrow(data), by = step), columns[i]] <- NA; data }

clustered <- gappy(read("clustered"), paste0("y", 1:6), 17)
groups <- read("groups")
unequal <- rbind(head(groups[groups$channel == "online", ], 30), groups[groups$channel != "online", ])
FACTORS <- "f =~ y1 + y2 + y3\ng =~ y4 + y5 + y6\ng ~ f"
ITEMS <- "f =~ x1 + x2 + x3 + x4"
PHANTOM <- paste(ITEMS, "x1 ~~ v1*x1", "x2 ~~ v2*x2", "p =~ 0*x1", "p ~~ k*p", "p ~~ 0*f", "v1 == k^2", "v2 == k^2", sep = "\n")
MISSING <- "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"

cases <- list(
  weights_listwise = function() sem(FACTORS, clustered, sampling.weights = "weight", estimator = "MLR"),
  weights_groups = function() sem(FACTORS, clustered, sampling.weights = "weight", estimator = "MLR", group = "country"),
  weights_fiml = function() sem(FACTORS, clustered, sampling.weights = "weight", estimator = "MLR", missing = "fiml"),
  weights_clusters = function() sem(FACTORS, clustered, sampling.weights = "weight", cluster = "branch"),
  phantom = function() sem(PHANTOM, groups),
  fiml_expected = function() sem(MISSING, read("missing"), missing = "fiml", information = "expected"),
  fiml_expected_mlr = function() sem(MISSING, read("missing"), missing = "fiml", estimator = "MLR", information = "expected"),
  fiml_expected_groups = function() sem(MISSING, read("missing"), missing = "fiml", information = "expected", group = "brand")
)
for (estimator in c("GLS", "ULS", "WLS", "DWLS")) for (equal in c("", "loadings")) local({
  e <- estimator; q <- equal
  cases[[paste(c("unequal", e, q)[nzchar(c("unequal", e, q))], collapse = "_")]] <<- function()
    sem(ITEMS, unequal, group = "channel", estimator = e, group.equal = q)
})
cases$unequal_DWLS_robust <- function() sem(ITEMS, unequal, group = "channel", estimator = "DWLS", se = "robust.sem",
                                            test = "satorra.bentler", group.equal = "loadings")

MEASURES <- c("chisq", "df", "chisq.scaled", "logl", "unrestricted.logl", "aic", "bic", "cfi", "tli", "rmsea", "srmr",
              "cfi.scaled", "rmsea.scaled", "cfi.robust", "tli.robust", "rmsea.robust")
rows <- do.call(rbind, lapply(names(cases), function(name) {
  fit <- suppressWarnings(cases[[name]]())
  measures <- unclass(fitMeasures(fit))
  measures <- measures[intersect(MEASURES, names(measures))]
  p <- parameterEstimates(fit)
  p <- p[p$op %in% c("=~", "~~", "~") & p$se > 0, ]
  group <- if (is.null(p$group)) 1 else p$group
  rbind(data.frame(case = name, kind = "measure", what = gsub(".", "_", names(measures), fixed = TRUE), group = 0, est = measures, se = NA),
        data.frame(case = name, kind = "parameter", what = paste0(p$lhs, p$op, p$rhs), group = group, est = p$est, se = p$se))
}))
rows$est <- signif(rows$est, 10); rows$se <- signif(rows$se, 10); rows$lavaan <- as.character(packageVersion("lavaan"))
write.csv(rows, "rows_and_groups.csv", row.names = FALSE, quote = FALSE)
