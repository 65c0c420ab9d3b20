# Models of two levels by lavaan: estimates, standard errors, tests and indices. Rscript levels.R, in its own folder,
# writes the data, values.csv and versions.csv (lavaan, numDeriv). lavaan stops short of the optimum (up to 3e-4), its
# saturated model (by EM) sooner still: both, and the baseline model, are taken there by Newton steps on lavaan's own
# gradient, and its own formulas are applied there. The cases are read from cases.txt, which the tests read as well.
suppressPackageStartupMessages(library(lavaan))
options(warn = -1)
`%||%` <- function(a, b) if (is.null(a)) b else a

draw <- function(seed, clusters, sizes, lambda, icc) {
  set.seed(seed)
  n <- rep_len(sizes, clusters)
  branch <- rep(seq_len(clusters), n)
  p <- length(lambda)
  w <- rnorm(clusters); x <- rnorm(sum(n)); v <- rnorm(clusters)[branch] * 0.6 + rnorm(sum(n))
  vb <- as.numeric(tapply(v, branch, mean))
  fb <- 0.4 * w + 0.3 * vb + rnorm(clusters, sd = 0.8)
  fw <- 0.5 * x + 0.3 * (v - vb[branch]) + rnorm(sum(n), sd = 0.8)
  y <- outer(fw + fb[branch] * sqrt(icc / (1 - icc)) * 1.2, lambda) + matrix(rnorm(sum(n) * p, sd = 0.7), ncol = p) +
    matrix(rnorm(clusters * p, sd = 0.25), ncol = p)[branch, ] + rep(seq(2, 5, length.out = p), each = sum(n))
  colnames(y) <- paste0("y", seq_len(p))
  k <- 0.5 * fb + 0.3 * w + rnorm(clusters, sd = 0.5) + 10
  data.frame(branch, round(y, 4), x = round(x, 4), v = round(v, 4), w = round(w, 4)[branch], k = round(k, 4)[branch],
             region = c("north", "south")[1 + (branch %% 2)])
}
demo <- Demo.twolevel[c("cluster", "y1", "y2", "y3", "y4", "y5", "y6", "x1", "x2", "x3", "w1", "w2")]
names(demo)[1] <- "branch"
demo[-1] <- round(demo[-1], 4)
sets <- list(uneven = draw(1, 60, c(4, 6, 7, 9, 12), c(1, 0.9, 0.8, 1.1, 0.7, 0.9), 0.3),
             even = draw(2, 50, 10, c(1, 0.8, 0.9, 1.1), 0.25),
             many = draw(3, 120, c(1, 2, 3, 5, 8, 13, 15), c(1, 0.8, 0.9, 1.1), 0.2),
             few = draw(4, 24, c(5, 8, 10), c(1, 0.8, 0.9, 1.1), 0.35),
             demo = cbind(demo, region = c("north", "south")[1 + (demo$branch %% 2)]))
for (name in names(sets)) write.csv(sets[[name]], paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
for (name in names(sets)) sets[[name]] <- read.csv(paste0(name, ".csv"))

read_cases <- function(path) {
  blocks <- strsplit(paste0("\n", paste(readLines(path), collapse = "\n")), "\n== ", fixed = TRUE)[[1]]
  lapply(blocks[-1], function(block) {
    lines <- strsplit(block, "\n", fixed = TRUE)[[1]]
    words <- strsplit(lines[1], " ", fixed = TRUE)[[1]]
    options <- strsplit(words[-(1:2)], "=", fixed = TRUE)
    list(name = words[1], data = words[2], options = setNames(lapply(options, `[`, 2), vapply(options, `[`, "", 1)),
         text = paste(lines[-1], collapse = "\n"))
  })
}

at <- function(fit, x) lavaan:::lav_model_set_parameters(fit@Model, x)
gradient <- function(fit, x) as.numeric(lavaan:::lav_model_gradient(at(fit, x), lavsamplestats = fit@SampleStats, lavdata = fit@Data))
log_likelihood <- function(fit, x) {
  implied <- lavaan:::lav_model_implied(at(fit, x))
  sum(vapply(seq_len(fit@Data@ngroups), function(g) lavaan:::lav_mvnorm_cluster_loglik_samplestats_2l(
    YLp = fit@SampleStats@YLp[[g]], Lp = fit@Data@Lp[[g]], Mu.W = implied$mean[[2 * g - 1]], Sigma.W = implied$cov[[2 * g - 1]],
    Mu.B = implied$mean[[2 * g]], Sigma.B = implied$cov[[2 * g]], log2pi = TRUE, minus.two = FALSE), 0))
}
given <- function(fit) sum(vapply(fit@SampleStats@YLp, function(Y) Y[[2]]$loglik.x, 0))
directions <- function(fit) if (fit@Model@eq.constraints) fit@Model@eq.constraints.K else diag(length(coef(fit, type = "free")))
polished <- function(fit, rounds = 20) {
  x <- as.numeric(coef(fit, type = "free"))
  K <- directions(fit)
  for (round in seq_len(rounds)) {
    g <- as.numeric(t(K) %*% gradient(fit, x))
    H <- vapply(seq_len(ncol(K)), function(j) as.numeric(t(K) %*% (gradient(fit, x + 1e-5 * K[, j]) - gradient(fit, x - 1e-5 * K[, j]))) / 2e-5, numeric(ncol(K)))
    step <- as.numeric(K %*% solve((H + t(H)) / 2, -g))
    x <- x + step
    if (max(abs(step)) < 1e-9) break
  }
  x
}
placed <- function(fit, x) {  # the fit with its parameters moved to x, so that lavaan's formulas can be applied there
  fit@Model <- at(fit, x)
  fit@implied <- lavaan:::lav_model_implied(fit@Model)
  fit@ParTable$est <- lavaan:::lav_model_get_parameters(fit@Model, type = "user", extra = TRUE)
  fit
}

saturated_text <- function(fit, labels) {
  pairs <- function(v) unlist(lapply(seq_along(v), function(i) paste(v[i], "~~", v[i:length(v)])))
  own <- fit@Data@ov.names.l[[1]]
  text <- c("level: 1", pairs(own[[1]]), sprintf("%s ~ 1", setdiff(own[[1]], own[[2]])), "level: 2", pairs(own[[2]]), sprintf("%s ~ 1", own[[2]]))
  paste(unlist(lapply(labels, function(label) c(if (length(labels) > 1) paste("group:", label), text))), collapse = "\n")
}

trace_of <- function(A, B) {
  kept <- which(colSums(abs(A)) > 1e-6)
  sum(diag(solve(A[kept, kept], B[kept, kept])))
}
saturated_trace <- function(fit, implied) sum(vapply(seq_len(fit@Data@ngroups), function(g) {
  parts <- list(Lp = fit@Data@Lp[[g]], YLp = fit@SampleStats@YLp[[g]], Mu.W = implied$mean[[2 * g - 1]], Sigma.W = implied$cov[[2 * g - 1]],
                Mu.B = implied$mean[[2 * g]], Sigma.B = implied$cov[[2 * g]], x.idx = fit@SampleStats@x.idx[[g]])
  observed <- do.call(lavaan:::lav_mvnorm_cluster_information_observed, parts)
  first <- do.call(lavaan:::lav_mvnorm_cluster_information_firstorder, c(list(Y1 = fit@Data@X[[g]], divide.by.two = TRUE), parts))
  trace_of(observed, first)
}, 0))

srmr <- function(fit, implied, level) {
  shares <- unlist(fit@SampleStats@nobs) / fit@SampleStats@ntotal
  sum(shares * vapply(seq_len(fit@Data@ngroups), function(g) {
    b <- 2 * g - 2 + level
    gap <- cov2cor(implied$cov[[b]]) - cov2cor(fit@implied$cov[[b]])
    sqrt(mean(gap[lower.tri(gap, diag = TRUE)]^2))
  }, 0))
}

run <- function(case) {
  set <- sets[[case$data]]; o <- case$options
  arguments <- list(data = set, cluster = "branch")
  arguments$group <- o$group
  own <- arguments
  own$estimator <- o$estimator; own$group.equal <- o$group_equal; own$std.lv <- if (!is.null(o$std_lv)) TRUE
  own$fixed.x <- if (!is.null(o$fixed_x)) FALSE
  fit <- do.call("sem", c(list(case$text), own))
  x <- polished(fit)
  fit <- placed(fit, x)
  labels <- if (is.null(o$group)) "" else fit@Data@group.label
  whole <- do.call("lavaan", c(list(saturated_text(fit, labels)), arguments, list(h1 = FALSE, baseline = FALSE, se = "none", fixed.x = FALSE)))
  full <- polished(whole)
  whole <- placed(whole, full)
  x_known <- if (length(unlist(fit@Data@Lp[[1]]$ov.x.idx))) given(fit) else 0
  logl <- log_likelihood(fit, x); unrestricted <- log_likelihood(whole, full) - x_known
  null <- do.call("lavaan", c(list(lavaan:::lav_partable_independence(fit)), arguments, list(h1 = FALSE, baseline = FALSE, se = "none")))
  null_logl <- log_likelihood(null, polished(null))
  saturated <- whole@implied
  for (b in seq_along(saturated$cov)) {
    names <- fit@pta$vnames$ov[[b]]; have <- whole@pta$vnames$ov[[b]]; k <- match(names, have)
    saturated$cov[[b]] <- saturated$cov[[b]][k, k]; saturated$mean[[b]] <- saturated$mean[[b]][k]
  }
  df <- fit@test[[1]]$df; base_df <- fit@baseline$test$standard$df
  measures <- c(chisq = 2 * (unrestricted - logl), df = df, logl = logl, unrestricted_logl = unrestricted,
                baseline_chisq = 2 * (unrestricted - null_logl), baseline_df = base_df,
                srmr_within = srmr(fit, saturated, 1), srmr_between = srmr(fit, saturated, 2))
  parts <- list(fit@Model, lavsamplestats = fit@SampleStats, lavdata = fit@Data, lavoptions = fit@Options)
  vcov <- do.call(lavaan:::lav_model_vcov, parts)
  if (identical(toupper(o$estimator %||% ""), "MLR") && df > 0) {
    K <- directions(fit)
    A <- t(K) %*% do.call(lavaan:::lav_model_information_observed, parts) %*% K
    B <- t(K) %*% do.call(lavaan:::lav_model_information_firstorder, parts) %*% K
    scaling <- (saturated_trace(fit, saturated) - sum(diag(solve(A, B)))) / df
    measures <- c(measures, chisq_scaled = unname(measures["chisq"]) / scaling, chisq_scaling_factor = scaling)
  }
  table <- as.data.frame(fit@ParTable)
  se <- ifelse(table$free > 0, sqrt(diag(vcov))[pmax(table$free, 1)], NA)
  defined <- table$op == ":="
  if (any(defined)) {
    J <- numDeriv::jacobian(fit@Model@def.function, x)
    se[defined] <- sqrt(diag(J %*% vcov %*% t(J)))
  }
  level <- ifelse(table$block > 0, (table$block - 1) %% 2 + 1, NA)
  group <- ifelse(table$block > 0, (table$block - 1) %/% 2 + 1, NA)
  std <- standardizedSolution(fit, type = "std.all", se = FALSE)$est.std
  keep <- table$free > 0 | defined
  rbind(data.frame(case = case$name, kind = "measure", what = names(measures), group = NA, level = NA, est = measures, se = NA, std_all = NA),
        data.frame(case = case$name, kind = "parameter", what = paste0(table$lhs, " ", table$op, " ", table$rhs), group = group,
                   level = level, est = table$est, se = se, std_all = std[seq_len(nrow(table))])[keep, ])
}

rows <- do.call(rbind, lapply(read_cases("cases.txt"), function(case) {
  tryCatch(run(case), error = function(e) { message(case$name, ": ", conditionMessage(e)); NULL })
}))
for (column in c("est", "se", "std_all")) rows[[column]] <- signif(rows[[column]], 10)
write.csv(rows, "values.csv", row.names = FALSE, na = "")
write.csv(data.frame(what = c("R", "lavaan", "numDeriv"), version = c(paste(R.version$major, R.version$minor, sep = "."),
          as.character(packageVersion("lavaan")), as.character(packageVersion("numDeriv")))), "versions.csv", row.names = FALSE, quote = FALSE)
