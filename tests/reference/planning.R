# Population moments, power of RMSEA tests and power for one parameter, as lavaan and semTools compute them.
#
#   Rscript tests/reference/planning.R tests/reference/planning

suppressMessages({library(lavaan); library(semTools)})
folder <- commandArgs(trailingOnly = TRUE)[1]
write <- function(table, name) write.csv(table, file.path(folder, name), row.names = FALSE)

# population moments that simulateData draws from: everything without a value is filled in by lavaan
populations <- list(
  chain = list(FALSE, "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\n g =~ 0.9*y1 + 0.5*y2 + 0.7*y3\n g ~ 0.4*f\n x1 ~~ 0.2*y1"),
  standardized = list(TRUE, "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\n g =~ 0.9*y1 + 0.5*y2 + 0.7*y3\n g ~ 0.4*f"),
  paths = list(FALSE, "m ~ 0.5*x\n y ~ 0.3*m + 0.2*x\n x ~~ 2*x\n m ~~ 0.7*m"),
  means = list(FALSE, "f =~ 1*x1 + 0.8*x2 + 0.6*x3\n x1 ~ 3*1\n x2 ~ 2*1\n f ~ 0.5*1")
)
write(do.call(rbind, lapply(names(populations), function(name) {
  text <- populations[[name]][[2]]
  drawn <- simulateData(text, sample.nobs = 300, standardized = populations[[name]][[1]], empirical = TRUE, seed = 1)
  cov <- cov(drawn) * 299 / 300  # exact with denominator n
  pairs <- expand.grid(a = colnames(cov), b = colnames(cov), stringsAsFactors = FALSE)
  moments <- data.frame(name = name, model = text, standardized = populations[[name]][[1]], pairs, value = as.numeric(cov))
  rbind(moments, data.frame(name = name, model = text, standardized = populations[[name]][[1]], a = colnames(cov),
                            b = "", value = colMeans(drawn)))
})), "populations.csv")

# RMSEA tests
cases <- expand.grid(rmsea0 = c(0, 0.05, 0.08), rmsea1 = c(0.01, 0.05, 0.08), df = c(5, 40, 125), n = c(100, 300, 1000))
cases <- cases[cases$rmsea0 != cases$rmsea1, ]
cases$power <- mapply(function(a, b, df, n) findRMSEApower(rmsea0 = a, rmseaA = b, df = df, n = n),
                      cases$rmsea0, cases$rmsea1, cases$df, cases$n)
write(cases, "rmsea_power.csv")
sizes <- expand.grid(rmsea0 = c(0, 0.05), rmsea1 = c(0.01, 0.08), df = c(20, 50, 125), power = c(0.8, 0.9))
sizes <- sizes[sizes$rmsea0 != sizes$rmsea1, ]
sizes$n <- mapply(function(a, b, df, power) findRMSEAsamplesize(rmsea0 = a, rmseaA = b, df = df, power = power),
                  sizes$rmsea0, sizes$rmsea1, sizes$df, sizes$power)
write(sizes, "rmsea_sizes.csv")

# Satorra & Saris 1985: the model without the effect, fitted to the population's moments
model <- "f =~ 0.7*x1 + 0.8*x2 + 0.6*x3\n g =~ 0.9*y1 + 0.5*y2 + 0.7*y3\n h =~ 0.6*z1 + 0.7*z2 + 0.8*z3
          g ~ 0.4*f\n h ~ 0.3*g + 0.15*f"
population <- simulateData(model, sample.nobs = 500, empirical = TRUE, seed = 1)
sigma <- cov(population) * 499 / 500
without <- list("g ~ f" = "h ~ g + f\n g ~ 0*f", "h ~ g" = "g ~ f\n h ~ 0*g + f", "h ~ f" = "g ~ f\n h ~ g")
measured <- "f =~ x1 + x2 + x3\n g =~ y1 + y2 + y3\n h =~ z1 + z2 + z3\n"
n <- 250
write(do.call(rbind, lapply(names(without), function(effect) {
  fit <- sem(paste0(measured, without[[effect]]), sample.cov = sigma, sample.nobs = n, sample.cov.rescale = FALSE)
  ncp <- unname(fitMeasures(fit, "chisq"))
  data.frame(model = model, effect = effect, n = n, noncentrality = ncp,
             power = 1 - pchisq(qchisq(0.95, 1), 1, ncp = ncp))
})), "one_parameter.csv")
writeLines(c(R.version.string, paste("lavaan", packageVersion("lavaan")), paste("semTools", packageVersion("semTools"))),
           file.path(folder, "versions.txt"))
