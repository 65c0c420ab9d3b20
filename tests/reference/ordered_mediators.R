# Ordered variables that explain ordered variables, in both parameterizations: Rscript ordered_mediators.R (here).
# Writes data/mediators.csv and ordered_mediators.csv. Under delta lavaan 0.6-14 leaves out how a mediator's derived
# residual variance follows the paths and the scales: its derivatives are right only where that variance does not move
# ("direct"). Of a chain under delta estimates of paths by numerical gradients stand here, of free scales nothing.
source("lavaan.R")

set.seed(14)
n <- 500
x <- round(matrix(rnorm(3 * n), n), 3)
y1 <- 0.5 * x[, 1] - 0.3 * x[, 2] + rnorm(n)
y2 <- 0.4 * x[, 3] + 0.2 * x[, 1] + 0.3 * y1 + rnorm(n)
y3 <- 0.5 * y1 - 0.4 * y2 + 0.3 * x[, 2] + rnorm(n)
category <- function(y, cuts) as.integer(cut(y, c(-Inf, cuts, Inf)))
data <- data.frame(u1 = category(y1, c(-0.5, 0.6)), u2 = category(y2, 0), u3 = category(y3, c(-1, 0, 1)),
                   x1 = x[, 1], x2 = x[, 2], x3 = x[, 3], site = rep(c("north", "south"), length.out = n))
write.csv(data, "data/mediators.csv", row.names = FALSE, quote = FALSE)

DIRECT <- "u1 + u2 ~ x1 + x2 + x3\nu3 ~ u1 + u2 + x2"
CHAIN <- "u1 ~ x1 + x2\nu2 ~ a*u1 + x1 + x3\nu3 ~ b*u2 + x2\nab := a*b"
SCALED <- "u1 ~ x1 + x2\nu2 ~ u1 + x1 + x3\nu3 ~ u2 + x2"
EQUAL <- list(group = "site", group.equal = c("thresholds", "regressions"))
cases <- list(direct = list(DIRECT), direct_groups = list(DIRECT, group = "site"), chain = list(CHAIN),
              scaled = c(list(SCALED), EQUAL))
MEASURES <- c("chisq", "df", "chisq.scaled", "cfi.scaled", "rmsea.scaled", "srmr")

tidy <- function(kind, names, values) data.frame(kind = kind, name = as.character(names), value = signif(as.numeric(values), 9))

values_of <- function(fit, exact) {
  rows <- parameters(fit)
  names <- paste(rows$lhs, rows$op, ifelse(rows$op == ":=", "", rows$rhs), rows$group)
  own <- exact | rows$op %in% c("~", "|", ":=")
  found <- rbind(tidy("est", names[own], rows$est[own]), tidy("measure", MEASURES[1:2], fitMeasures(fit, MEASURES[1:2])))
  if (!exact) return(found)
  squared <- r_squared(fit)
  rbind(found, tidy("se", names, rows$se), tidy("std_all", names, rows$std.all), tidy("measure", MEASURES[-(1:2)], fitMeasures(fit, MEASURES[-(1:2)])),
        tidy("r_squared", paste(squared$variable, squared$group), squared$value))
}

kinds <- function(name) if (name == "scaled") "theta" else c("delta", "theta")

found <- do.call(rbind, lapply(names(cases), function(name) do.call(rbind, lapply(kinds(name), function(kind) {
  exact <- kind == "theta" || startsWith(name, "direct")
  arguments <- c(cases[[name]], list(data = data, ordered = c("u1", "u2", "u3"), parameterization = kind,
                                     optim.gradient = if (exact) "analytic" else "numerical"))
  fit <- suppressWarnings(do.call("sem", arguments))
  cbind(case = name, parameterization = kind, values_of(fit, exact))
}))))
write.csv(found, "ordered_mediators.csv", row.names = FALSE, quote = FALSE)
