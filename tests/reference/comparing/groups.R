# Scaled differences between groups: Rscript groups.R, from this folder. Beside fixed covariates (satorra.2000), and where equal
# intercepts free latent means that the larger model lacks (satorra.bentler.2010). lavaan 0.6-14 then evaluates the larger model
# elsewhere than where it implies the smaller one, which the chi-square there shows: `written` is the larger model again, with
# these means among its parameters.
suppressMessages(library(lavaan))
options(digits = 15)

data <- read.csv("../data/grid.csv")
plain <- "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6"
mimic <- paste0(plain, "\nf1 + f2 ~ age + online")
written <- paste0(plain, "\nx1 ~ c(i, i)*1\nx4 ~ c(j, j)*1\nf1 + f2 ~ c(0, NA)*1")
tight <- function(...) sem(..., data = data, group = "site")
difference <- function(larger, smaller, method) suppressWarnings(lavTestLRT(larger, smaller, method = method))[["Chisq diff"]][2]

rows <- do.call(rbind, lapply(c("MLM", "MLMV", "MLR"), function(estimator) {
  given <- difference(tight(mimic, estimator = estimator),
                      tight(mimic, estimator = estimator, group.equal = c("loadings", "regressions")), "satorra.2000")
  smaller <- tight(plain, estimator = estimator, group.equal = c("loadings", "intercepts"))
  larger <- tight(written, estimator = estimator)
  configural <- tight(plain, estimator = estimator)
  chisq <- function(fit) fitMeasures(fit, "chisq")[[1]]
  stopifnot(abs(chisq(larger) - chisq(configural)) < 1e-6)
  there <- lavaan:::lav_test_diff_m10(larger, smaller, test = TRUE)
  stopifnot(abs(chisq(there) - chisq(smaller)) < 1e-6)
  elsewhere <- lavaan:::lav_test_diff_m10(configural, smaller, test = TRUE)
  cat(estimator, "chisq of the smaller", chisq(smaller), "of the larger there", chisq(elsewhere), "\n")
  data.frame(estimator = estimator, given = given, means = difference(larger, smaller, "satorra.bentler.2010"),
             means_lavaan = difference(configural, smaller, "satorra.bentler.2010"))
}))
print(rows)
write.csv(rows, "groups.csv", row.names = FALSE, quote = FALSE)
