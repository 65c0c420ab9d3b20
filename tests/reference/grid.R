# Fits the option combinations given as JSON on standard input with lavaan (see grid.py) and writes grid/*.csv: parameters,
# fit measures (one row per combination), what is computed after the fit, and lavaan's words where it refused.
source("lavaan.R")
suppressPackageStartupMessages(library(parallel))

DIGITS <- 8
LARGEST <- 4  # of every table computed after the fit the largest values stand for all
ROUNDING <- 1e-5  # raw residuals below this are 0 but for the minimiser, and so are their standard errors
SCORED <- 3  # rows of each group whose factor scores are kept

one_line <- function(text) trimws(gsub("[[:space:]]+", " ", sub("^.*lavaan (ERROR|WARNING):?", "", text)))

# lavaan keeps the estimator's own scaled test beside the one that was asked for: the measures are those of the asked one
asked_measures <- function(fit, case) {
  asked <- if (is.null(case$options$test)) "default" else dotted(case$options$test)
  known <- names(fit@test)
  values <- unclass(fitMeasures(fit, fm.args = list(scaled.test = if (asked %in% known) asked else "default")))
  data.frame(name = names(values), value = as.numeric(values))
}

largest <- function(rows, by) rows[order(-abs(rows[[by]])), , drop = FALSE][seq_len(min(LARGEST, nrow(rows))), ]

tidy <- function(kind, names, values) if (length(values)) data.frame(kind = kind, name = as.character(names), value = as.numeric(values))

after_indices <- function(fit) {
  rows <- modification_indices(fit)
  rows <- largest(rows[!is.na(rows$mi), ], "mi")
  names <- paste(rows$lhs, rows$op, rows$rhs, rows$group, sep = " ")
  rbind(tidy("mi", names, rows$mi), tidy("epc", names, rows$epc))
}

residual_rows <- function(fit, kind) {
  values <- lapply(groups_of(fit, residuals(fit, type = kind)), function(v) list(cov = unclass(if (is.null(v$cov)) v$cor else v$cov)))
  moment_rows(fit, if (length(values) == 1) values[[1]] else values, kind)
}

after_residuals <- function(fit) {
  raw <- residual_rows(fit, "raw")$value
  do.call(rbind, lapply(c("raw", "cor", "normalized", "standardized"), function(kind) {
    rows <- residual_rows(fit, kind)
    rows <- largest(rows[is.finite(rows$value) & abs(raw) > ROUNDING, ], "value")
    tidy(kind, paste(rows$row, rows$column, rows$group, sep = " "), rows$value)
  }))
}

after_r_squared <- function(fit) {
  rows <- r_squared(fit)
  if (!is.null(rows)) tidy("r_squared", paste(rows$variable, rows$group, sep = " "), rows$value)
}

# the search for the mode takes seconds for a hundred rows
of_first_rows <- function(fit) {
  first <- function(values) if (!is.null(values)) values[seq_len(min(SCORED, nrow(values))), , drop = FALSE]
  fit@Data@X <- lapply(fit@Data@X, first)
  fit@Data@eXo <- lapply(fit@Data@eXo, first)
  fit
}

# of ordered items those of the first group: lavaan 0.6-14 scores later groups by the parameters of the first
after_scores <- function(fit) {
  if (!length(lavNames(fit, "lv"))) return(NULL)
  rows <- groups_of(fit, lavInspect(fit, "case.idx"))
  scores <- groups_of(fit, lavPredict(if (lavInspect(fit, "categorical")) of_first_rows(fit) else fit))
  if (lavInspect(fit, "categorical")) scores <- scores[1]
  do.call(rbind, lapply(seq_along(scores), function(g) {
    table <- unclass(scores[[g]])
    first <- seq_len(min(SCORED, nrow(table)))
    tidy("score", paste(rep(colnames(table), each = length(first)), rows[[g]][first] - 1, sep = " "), table[first, ])
  }))
}

after_score_tests <- function(fit) {
  tests <- lavTestScore(fit)
  rbind(tidy("score_test", c("chisq", "df"), c(tests$test$X2, tests$test$df)),
        tidy("score_test", paste0("largest", seq_len(min(LARGEST, nrow(tests$uni)))), largest(as.data.frame(tests$uni), "X2")$X2))
}

AFTER_FIT <- list(after_r_squared, after_residuals, after_indices, after_scores, after_score_tests)

after_fit <- function(fit) do.call(rbind, lapply(AFTER_FIT, function(kind) tryCatch(suppressWarnings(kind(fit)), error = function(e) NULL)))

# lavaan's solution with its stopping error taken away, or the reason why there is none
outcome <- function(case, plan) {
  said <- character(0)
  fit <- tryCatch(withCallingHandlers(fit_case(case, plan), message = function(m) {
    said <<- c(said, one_line(sub("^[^:]*: ", "", conditionMessage(m))))
    invokeRestart("muffleMessage")
  }), error = function(e) e)
  warned <- paste(unique(said), collapse = " | ")
  if (inherits(fit, "error")) return(list(status = "refused", said = one_line(conditionMessage(fit))))
  if (!lavInspect(fit, "converged")) return(list(status = "not converged", said = warned))
  list(status = "fitted", said = warned, parameters = parameters(fit), measures = asked_measures(fit, case), after = after_fit(fit))
}

rounded <- function(rows) {
  numeric <- sapply(rows, is.numeric)
  rows[numeric] <- lapply(rows[numeric], signif, DIGITS)
  names(rows) <- gsub(".", "_", names(rows), fixed = TRUE)
  rows
}

# one row per fit; NA where lavaan says NA, empty where it does not speak of the measure
wide <- function(tables) {
  names_of <- unique(unlist(lapply(tables, `[[`, "name")))
  values <- do.call(rbind, lapply(tables, function(t) {
    shown <- ifelse(is.na(t$value), "NA", as.character(signif(t$value, DIGITS)))
    shown <- shown[match(names_of, t$name)]
    ifelse(is.na(shown), "", shown)
  }))
  cbind(case = names(tables), setNames(as.data.frame(values), names_of))
}

run_grid <- function() {
  plan <- fromJSON(file("stdin"), simplifyVector = FALSE)
  folder <- plan$folder
  names(plan$case) <- sapply(plan$case, `[[`, "name")
  found <- mclapply(plan$case, function(case) suppressWarnings(outcome(case, plan)),
                    mc.cores = as.integer(Sys.getenv("CORES", "1")), mc.preschedule = FALSE)
  fitted <- Filter(function(x) x$status == "fitted", found)
  keep <- c("lhs", "op", "rhs", "group", "est", "se", "std.all")
  written <- function(rows, name) write.csv(rounded(rows), file.path(folder, name), row.names = FALSE, na = "", quote = FALSE)
  if (length(fitted)) {
    written(stack(lapply(fitted, function(x) x$parameters[keep])), "parameters.csv")
    written(wide(lapply(fitted, `[[`, "measures")), "fit_measures.csv")
    written(stack(lapply(fitted, `[[`, "after")), "after.csv")
  }
  outcomes <- data.frame(case = names(found), status = sapply(found, `[[`, "status"), said = sapply(found, `[[`, "said"))
  write.csv(outcomes, file.path(folder, "outcomes.csv"), row.names = FALSE, na = "", quote = TRUE)
}

run_grid()
