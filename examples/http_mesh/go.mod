module mesh

go 1.19
