import { accessibleAt } from "./checks/accessible";

accessibleAt(390);
