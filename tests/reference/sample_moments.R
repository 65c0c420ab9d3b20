# The covariances of the sample as lavaan estimates them for the fits given as JSON on standard input (see grid/fuzz.py),
# with all digits, into moments.csv. The models are not fitted.
source("lavaan.R")

of_case <- function(case, plan) {
  arguments <- c(list(model = case_syntax(case, plan)), case_input(case, plan), lavaan_options(case$options), do.fit = FALSE)
  fit <- call_lavaan(case, arguments, quiet = TRUE)
  found <- lapply(groups_of(fit, lavInspect(fit, "sampstat")), function(v) list(cov = if (is.null(v[["cov"]])) v[["res.cov"]] else v[["cov"]]))
  rows <- moment_rows(fit, if (length(found) == 1) found[[1]] else found, "sample")
  cbind(case = case$name, rows)
}

plan <- fromJSON(file("stdin"), simplifyVector = FALSE)
rows <- do.call(rbind, lapply(plan$case, of_case, plan))
rows$value <- format(rows$value, digits = 15)
write.csv(rows, file.path(plan$folder, "moments.csv"), row.names = FALSE, quote = FALSE)
