# Difference of a path between regions, loadings equal, in standard deviations of the first region, by lavaan's := ;
# Rscript tests/reference/measurement/path_differences.R, in the root of the repository. Writes path_differences.csv.
library(lavaan)
model <- "
  visual =~ x1 + x2 + x3
  speed =~ x7 + x8 + x9
  speed ~ c(first, second)*visual
  difference := (second - first) / sqrt(first^2 + 1)
"
data <- read.csv("tests/reference/data/groups.csv")
data <- data[data$region %in% unique(data$region)[1:2], ]
rows <- NULL
for (estimator in c("ML", "MLR")) {
  fitted <- sem(model, data, group = "region", group.equal = "loadings", std.lv = TRUE, meanstructure = TRUE,
                estimator = estimator)
  found <- parameterEstimates(fitted)
  found <- found[found$label == "difference", c("est", "se", "pvalue", "ci.lower", "ci.upper")]
  rows <- rbind(rows, cbind(estimator, format(found, digits = 10)))
}
write.csv(rows, "tests/reference/measurement/path_differences.csv", row.names = FALSE, quote = FALSE)
