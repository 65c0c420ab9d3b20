# Fits the cases given as JSON on standard input with lavaan and writes values/<storey>/*.csv (see refresh.py).
suppressPackageStartupMessages({ library(lavaan); library(semTools); library(jsonlite) })
source("polish.R")
source("after.R")
source("clustered.R")

EM_TIGHT <- list(em.h1.iter.max = 20000L, em.h1.tol = 1e-14)  # the saturated model of incomplete data
COLUMN_OPTIONS <- c("group", "cluster", "sampling_weights", "group_partial", "auxiliary", "ordered")  # values are the user's own names

dotted <- function(text) gsub("_", ".", text)

lavaan_options <- function(options) {
  values <- lapply(names(options), function(name) {
    value <- unlist(options[[name]])
    if (is.character(value) && !name %in% COLUMN_OPTIONS) dotted(value) else value
  })
  setNames(values, sub("auxiliary", "aux", dotted(names(options))))
}

read_moments <- function(names, plan, with_means) {
  tables <- lapply(names, function(name) read.csv(file.path("data", "moments", paste0(name, ".csv"))))
  covs <- lapply(tables, function(t) { m <- as.matrix(t[t$name]); rownames(m) <- t$name; m })
  nobs <- lapply(names, function(name) plan$moments[[name]]$nobs)
  means <- lapply(tables, function(t) if (!is.null(t$mean)) setNames(t$mean, t$name))
  if (length(names) > 1) names(covs) <- names else { covs <- covs[[1]]; nobs <- nobs[[1]]; means <- means[[1]] }
  c(list(sample.cov = covs, sample.nobs = nobs), if (with_means) list(sample.mean = means))
}

case_input <- function(case, plan) {
  if (is.null(case$data)) return(read_moments(unlist(case$moments), plan, isTRUE(case$means)))
  folder <- if (is.null(plan$data)) "data" else plan$data
  list(data = read.csv(file.path(folder, paste0(case$data, ".csv"))))
}

case_syntax <- function(case, plan) paste(c(unlist(plan$base[unlist(case$base)]), case$model), collapse = "\n")

call_lavaan <- function(case, arguments, quiet = FALSE) {
  fitter <- if (!is.null(case$call)) case$call else if (is.null(arguments$aux)) "sem" else "sem.auxiliary"
  withCallingHandlers(do.call(fitter, arguments), warning = function(w) {
    if (!quiet) message(case$name, ": ", gsub("[[:space:]]+", " ", conditionMessage(w)))
    invokeRestart("muffleWarning")
  })
}

# estimates to begin with; lavaan turns fixed.x off where `start` is a table
started_at <- function(case, plan, arguments) {
  start <- list(start = read.csv(file.path(plan$data, paste0(case$start, ".csv")), na.strings = character(0)))
  if (is.null(arguments$fixed.x)) c(start, fixed.x = TRUE) else start
}

fit_case <- function(case, plan) {
  arguments <- c(list(model = case_syntax(case, plan)), case_input(case, plan), lavaan_options(case$options), EM_TIGHT)
  if (!is.null(case$start)) arguments <- c(arguments, started_at(case, plan, arguments))
  clusters <- if (!is.null(arguments$ordered)) arguments$cluster
  if (!is.null(clusters)) arguments <- without_clusters(arguments)
  first <- call_lavaan(case, arguments)
  done <- if (!is.null(arguments$aux)) list(fit = first, moved = NA) else polish(first, function(start) {
    none <- list(start = start, optim.method = "none", check.start = FALSE, baseline = FALSE)
    # lavaan turns fixed.x off where `start` is a table: keep what the first fit decided
    if (is.null(arguments$fixed.x)) none$fixed.x <- lavInspect(first, "options")$fixed.x
    fit <- call_lavaan(case, c(arguments[!names(arguments) %in% names(none)], none), quiet = TRUE)
    fit@baseline <- first@baseline
    fit@Options <- first@Options  # what is computed later from the fit must not see optim.method = "none"
    fit
  })
  cat(sprintf("%-45s %.0e %.0e df %g chisq %.3f\n", case$name, done$moved, difference(first, done$fit),
              fitMeasures(done$fit, "df"), fitMeasures(done$fit, "chisq")))
  if (is.null(clusters)) done$fit else with_clusters(done$fit, arguments$data[[clusters]])
}

# how far the polishing took the estimates and fit measures
difference <- function(a, b) {
  apart <- function(x, y) max(abs(x - y) / pmax(1, abs(y)), na.rm = TRUE)
  max(apart(coef(a), coef(b)), apart(unclass(fitMeasures(a)), unclass(fitMeasures(b))))
}

parameters <- function(fit) {
  rows <- parameterEstimates(fit, standardized = TRUE)
  rows <- rows[!rows$op %in% c("==", "<", ">"), ]
  if (is.null(rows$group)) rows$group <- 0
  if (is.null(rows$label)) rows$label <- ""
  if (is.null(rows$se)) rows[c("se", "z", "pvalue", "ci.lower", "ci.upper")] <- NA
  labels <- lavInspect(fit, "group.label")
  rows$group <- if (length(labels)) c("", labels)[rows$group + 1] else ""
  as.data.frame(rows)[c("lhs", "op", "rhs", "label", "group", "est", "se", "z", "pvalue", "ci.lower", "ci.upper",
                        "std.lv", "std.all")]
}

measures <- function(fit) {
  values <- unclass(fitMeasures(fit))
  values <- c(values, nobs = lavInspect(fit, "ntotal"))
  data.frame(name = names(values), value = as.numeric(values))
}

r_squared <- function(fit) {
  groups <- groups_of(fit, lavInspect(fit, "rsquare"))
  do.call(rbind, lapply(seq_along(groups), function(g) {
    values <- groups[[g]]
    if (length(values)) data.frame(group = label_of(fit, g), variable = names(values), value = as.numeric(values))
  }))
}

write_table <- function(rows, folder, name) {
  if (is.null(rows) || !nrow(rows)) return(invisible())
  numeric <- sapply(rows, is.numeric)
  rows[numeric] <- lapply(rows[numeric], signif, 12)
  names(rows) <- gsub(".", "_", names(rows), fixed = TRUE)
  write.csv(rows, file.path(folder, paste0(name, ".csv")), row.names = FALSE, na = "", quote = TRUE)
}

stack <- function(tables) {
  do.call(rbind, lapply(names(tables), function(name) {
    if (!is.null(tables[[name]]) && nrow(tables[[name]])) cbind(case = name, tables[[name]])
  }))
}

main <- function() {
  plan <- fromJSON(file("stdin"), simplifyVector = FALSE)
  folder <- file.path("values", plan$storey)
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  names(plan$case) <- sapply(plan$case, `[[`, "name")
  models <- lapply(plan$case, fit_case, plan)
  write_table(stack(lapply(models, parameters)), folder, "parameters")
  write_table(stack(lapply(models, measures)), folder, "fit_measures")
  write_table(stack(lapply(models, r_squared)), folder, "r_squared")
  for (kind in names(AFTER)) {
    asked <- Filter(function(case) kind %in% unlist(case$after), plan$case)
    write_table(stack(lapply(asked, function(case) AFTER[[kind]](models[[case$name]]))), folder, kind)
  }
  write_table(wald_tests(plan$case, models), folder, "wald_tests")
  write_table(comparisons(plan$comparison, models), folder, "comparisons")
  versions <- c(R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan")),
                semTools = as.character(packageVersion("semTools")))
  write.csv(data.frame(package = names(versions), version = versions), file.path("values", "versions.csv"),
            row.names = FALSE, quote = FALSE)
}

if (sys.nframe() == 0) main()  # sourced by grid.R for its functions
