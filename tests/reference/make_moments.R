# Covariances (n - 1 denominator) and means of published studies -> data/moments/*.csv; sources and n are in cases/moments.toml.
# Run from this folder: Rscript make_moments.R
suppressPackageStartupMessages(library(lavaan))

keep <- function(name, cov, mean = NULL) {
  table <- data.frame(name = rownames(cov))
  if (!is.null(mean)) table$mean <- mean
  table <- cbind(table, as.data.frame(cov))
  table[-1] <- lapply(table[-1], signif, 14)
  write.csv(table, file.path("data", "moments", paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}
from_data <- function(name, data) keep(name, cov(data), colMeans(data))

hs <- HolzingerSwineford1939
items <- paste0("x", 1:9)
from_data("holzinger", hs[items])
from_data("holzinger_pasteur", hs[hs$school == "Pasteur", items])
from_data("holzinger_grant_white", hs[hs$school == "Grant-White", items])
from_data("democracy", PoliticalDemocracy)
keep("wheaton", getCov("11.834
                         6.947   9.364
                         6.819   5.091  12.532
                         4.783   5.028   7.495   9.986
                        -3.839  -3.889  -3.841  -3.625   9.610
                       -21.899 -18.831 -21.748 -18.775  35.522 450.288",
  names = c("anomia67", "powerless67", "anomia71", "powerless71", "education", "sei")))
