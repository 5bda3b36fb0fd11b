import "saiki/worker";
