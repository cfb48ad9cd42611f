import { accessibleAt } from "./checks/accessible";

accessibleAt(1280);
