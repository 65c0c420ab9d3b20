# Models of two levels by lavaan: estimates, standard errors, tests and indices. Rscript levels.R, in its own folder,
# writes the data, values.csv and versions.csv (lavaan, MASS, numDeriv). lavaan stops short of the optimum (3e-4), and
# its saturated model by EM sooner still: both are taken there by Newton steps on its own gradient before anything is
# written down. Its cases are read from cases.txt, which the tests read as well.
suppressPackageStartupMessages(library(lavaan))
options(warn = -1)

draw <- function(seed, clusters, sizes, lambda, icc, covariates = TRUE, gaps = 0) {
  set.seed(seed)
  n <- rep_len(sizes, clusters)
  branch <- rep(seq_len(clusters), n)
  p <- length(lambda)
  w <- rnorm(clusters); x <- rnorm(sum(n)); v <- rnorm(clusters)[branch] * 0.6 + rnorm(sum(n))
  vb <- as.numeric(tapply(v, branch, mean))
  fb <- 0.4 * w + rnorm(clusters, sd = 0.8); fw <- 0.5 * x + 0.3 * (v - vb[branch]) + rnorm(sum(n), sd = 0.8)
  y <- outer(fw, lambda) + outer(fb[branch] * sqrt(icc / (1 - icc)) * 1.2, lambda) + matrix(rnorm(sum(n) * p, sd = 0.7), ncol = p) +
    matrix(rnorm(clusters * p, sd = 0.25), ncol = p)[branch, ] + rep(seq(2, 5, length.out = p), each = sum(n))
  colnames(y) <- paste0("y", seq_len(p))
  k <- 0.5 * fb + 0.3 * w + rnorm(clusters, sd = 0.5) + 10
  data.frame(branch, round(y, 4), x = round(x, 4), v = round(v, 4), w = round(w, 4)[branch], k = round(k, 4)[branch],
             region = c("north", "south")[1 + (branch %% 2)])
}

sets <- list(
  uneven = draw(1, 60, c(4, 6, 7, 9, 12), c(1, 0.9, 0.8, 1.1, 0.7, 0.9), 0.3),
  even = draw(2, 50, 10, c(1, 0.8, 0.9, 1.1), 0.25),
  many = draw(3, 120, c(1, 2, 3, 5, 8, 13, 15), c(1, 0.8, 0.9, 1.1), 0.2),
  few = draw(4, 24, c(5, 8, 10), c(1, 0.8, 0.9, 1.1), 0.35),
  demo = { d <- Demo.twolevel; d$branch <- d$cluster; d$region <- c("north", "south")[1 + (d$cluster %% 2)]
           d[c("branch", "y1", "y2", "y3", "y4", "y5", "y6", "x1", "x2", "x3", "w1", "w2", "region")] }
)
sets$demo[-c(1, 13)] <- round(sets$demo[-c(1, 13)], 4)
for (name in names(sets)) write.csv(sets[[name]], paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
for (name in names(sets)) sets[[name]] <- read.csv(paste0(name, ".csv"))

read_cases <- function(path) {
  blocks <- strsplit(paste(readLines(path), collapse = "\n"), "\n== ", fixed = TRUE)[[1]]
  lapply(blocks[-1], function(block) {
    lines <- strsplit(block, "\n", fixed = TRUE)[[1]]
    words <- strsplit(lines[1], " ", fixed = TRUE)[[1]]
    options <- if (length(words) > 2) strsplit(words[-(1:2)], "=", fixed = TRUE) else list()
    list(name = words[1], data = words[2], options = setNames(lapply(options, `[`, 2), vapply(options, `[`, "", 1)),
         text = paste(lines[-1], collapse = "\n"))
  })
}

# Newton steps on lavaan's own gradient, along the directions that equality constraints leave free
gradient_at <- function(fit, x) {
  model <- lavaan:::lav_model_set_parameters(fit@Model, x)
  as.numeric(lavaan:::lav_model_gradient(model, lavsamplestats = fit@SampleStats, lavdata = fit@Data))
}
polished <- function(fit, rounds = 15) {
  x <- as.numeric(coef(fit, type = "free"))
  K <- if (fit@Model@eq.constraints) fit@Model@eq.constraints.K else diag(length(x))
  for (round in seq_len(rounds)) {
    g <- as.numeric(t(K) %*% gradient_at(fit, x))
    if (max(abs(g)) < 1e-11) break
    H <- numDeriv::jacobian(function(z) as.numeric(t(K) %*% gradient_at(fit, x + as.numeric(K %*% z))), rep(0, ncol(K)))
    x <- x - as.numeric(K %*% solve((H + t(H)) / 2, g))
  }
  table <- as.data.frame(parTable(fit)); free <- table$free > 0
  table$start <- table$est; table$est[free] <- x[table$free[free]]; table$start <- table$est
  table[setdiff(names(table), "se")]
}
refit <- function(table, case, set, ...) {
  lavaan(table, data = set, cluster = "branch", group = case$options$group, estimator = toupper(case$options$estimator %||% "ml"),
         fixed.x = is.null(case$options$fixed_x), optim.method = "none", optim.force.converged = TRUE,
         group.equal = case$options$group_equal %||% "", baseline = FALSE, h1 = TRUE, ...)
}
`%||%` <- function(a, b) if (is.null(a)) b else a

# the model without restrictions, by the same steps: every variance, covariance and mean of both levels
saturated_text <- function(fit, groups) {
  names <- lavNames(fit, "ov", block = 1); others <- lavNames(fit, "ov", block = 2)
  pairs <- function(v) paste(unlist(lapply(seq_along(v), function(i) paste0(v[i], " ~~ ", v[i:length(v)]))), collapse = "\n")
  one <- paste0("level: 1\n", pairs(names), "\n", paste0(setdiff(names, others), " ~ 1", collapse = "\n"),
                "\nlevel: 2\n", pairs(others), "\n", paste0(others, " ~ 1", collapse = "\n"))
  one <- gsub("\n ~ 1\n", "\n", one, fixed = TRUE)
  if (is.null(groups)) one else paste0(paste0("group: ", seq_along(groups), "\n", one), collapse = "\n")
}

value_of <- function(fit, table) {  # minus two log-likelihood, fixed x included
  moments <- lavaan(table, data = fit@Data, optim.method = "none")
}

loglik <- function(fit, x) {
  model <- lavaan:::lav_model_set_parameters(fit@Model, x)
  implied <- lavaan:::lav_model_implied(model)
  sum(vapply(seq_len(fit@Data@ngroups), function(g) {
    b <- 2 * g - 1
    lavaan:::lav_mvnorm_cluster_loglik_samplestats_2l(YLp = fit@SampleStats@YLp[[g]], Lp = fit@Data@Lp[[g]],
      Mu.W = implied$mean[[b]], Sigma.W = implied$cov[[b]], Mu.B = implied$mean[[b + 1]], Sigma.B = implied$cov[[b + 1]],
      log2pi = TRUE, minus.two = FALSE)
  }, 0))
}

run <- function(case) {
  set <- sets[[case$data]]
  arguments <- list(case$text, data = set, cluster = "branch")
  o <- case$options
  if (!is.null(o$estimator)) arguments$estimator <- o$estimator
  if (!is.null(o$group)) arguments$group <- o$group
  if (!is.null(o$group_equal)) arguments$group.equal <- o$group_equal
  if (!is.null(o$fixed_x)) arguments$fixed.x <- FALSE
  if (!is.null(o$std_lv)) arguments$std.lv <- TRUE
  if (!is.null(o$information)) arguments$information <- o$information
  fit <- do.call(sem, arguments)
  table <- polished(fit)
  again <- do.call(lavaan, c(list(table), arguments[-1], list(optim.method = "none", baseline = FALSE)))
  again@optim$converged <- TRUE
  again@Options$optim.force.converged <- TRUE
  arguments_h1 <- arguments[setdiff(names(arguments), c("", "group.equal", "estimator", "std.lv"))]
  h1 <- do.call(lavaan, c(list(saturated_text(fit, if (is.null(o$group)) NULL else unique(set[[o$group]]))), arguments_h1[-1],
                          list(data = set, cluster = "branch", baseline = FALSE, h1 = FALSE, se = "none"))[c(TRUE, rep(TRUE, 20))[seq_len(1 + length(arguments_h1[-1]) + 5)]])
  list(fit = again, table = table, h1 = h1)
}
